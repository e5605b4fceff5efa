# Directories that `git mv` is about to rename, made such that the kernel renames them. Part of bin/git.
#
# An overlay without redirects does not rename a directory that a lower layer has (EXDEV). A copy in the upper layer
# alone can be renamed. So the directory is copied beside itself, removed, and the copy put into its place:
#
#     .git-mv/part/NAME    while it is copied; the directory itself is as it was
#     .git-mv/whole/NAME   all of it; the directory itself is being removed
#
# Whoever is killed there leaves this, and git ignores it. It is also the lock: one such move at a time in a folder.

# Does all that must be done before the words of a `git mv` reach git; `_rw_before` of them stand before the word
# `mv`. Status 128: it cannot be done, all is as it was, and the reason was said.
_rw_make_movable() (
    set -f
    globals=''
    while [ "$_rw_before" -gt 0 ]; do
        globals="$globals $(quoted "$1")"
        shift
        _rw_before=$((_rw_before - 1))
    done
    shift
    base=$(base && echo .) || exit 0
    base=${base%.}
    folders=$(folders "$@")
    [ "$folders" ] || exit 0
    real mv -n "$@" >/dev/null 2>&1 </dev/null || exit 0 # and git will say why
    eval "set -- $folders"
    for path do
        movable "$path" || replace || exit 128
    done
)

# The real git, with the words before `mv`.
real() {
    eval "\"\$_rw_git\" $globals \"\$@\""
}

# A word as the shell reads it again.
quoted() (
    rest=$1 made=''
    while case $rest in *\'*) ;; *) false ;; esac do
        made="$made${rest%%\'*}'\\''" rest=${rest#*\'}
    done
    printf "'%s' " "$made$rest"
)

# What the names that follow `mv` are relative to, with a slash at its end.
base() {
    if [ -z "$globals${GIT_DIR+set}${GIT_WORK_TREE+set}" ]; then
        printf ./
        return
    fi
    top=$(real rev-parse --show-toplevel 2>/dev/null && echo .) || return
    prefix=$(real rev-parse --show-prefix 2>/dev/null && echo .) || return
    printf %s/%s "${top%??}" "${prefix%??}"
}

# The directories among what shall be moved, quoted; none if nothing shall be.
folders() (
    options=yes name='' named=''
    for one do
        case $options$one in
        yes-- | yes--end-of-options) options='' && continue ;;
        yes--d* | yes-n* | yes-[!-]*n*) exit ;;
        yes-?*) continue ;;
        esac
        if [ "$named" ]; then folder "$name"; fi
        name=$one named=yes
    done
)

folder() {
    case $1 in
    /*) path=$1 ;;
    *) path=$base$1 ;;
    esac
    while case $path in *?/) ;; *) false ;; esac do path=${path%/}; done
    if [ -d "$path" ] && [ ! -L "$path" ]; then
        path=$(cd -P "$path" && pwd -P && echo .) && quoted "${path%??}"
    fi
}

# Whether the kernel renames a directory. One with several layers has 1 link, where most file systems count the
# directories in it as well; touching copies the directory itself, so that one of a lower layer has several.
movable() {
    df -P "$1" 2>/dev/null | {
        read -r _
        read -r source _
        [ "$source" = ropewalk ]
    } || return 0
    touch -c -r "$1" "$1" 2>/dev/null || return
    # shellcheck disable=SC2046 # words are wanted
    set -- $(LC_ALL=C ls -ldn "$1")
    [ "$2" -gt 1 ]
}

# A copy in the place of `path`.
replace() {
    name=${path##*/} room=${path%/*}/.git-mv
    if ! mkdir "$room"; then
        say "$room is there. Another git mv is at work; or one was killed, and what it moved is in there."
        return 1
    fi
    trap 'leave; exit 128' HUP INT TERM
    if printf '*\n' >"$room/.gitignore" && mkdir "$room/part" && cp -a "$path" "$room/part/" &&
        mv -T "$room/part" "$room/whole"; then
        put_back
    else
        remove "$room"
        say "$path cannot be copied, and so it cannot be moved."
        false
    fi
    set -- $?
    trap - HUP INT TERM
    return "$1"
}

# Interrupted: nothing is left of the copy, or all is in its place.
leave() {
    if [ -d "$room/whole/$name" ]; then put_back; else remove "$room"; fi
}

# The whole copy into the place of the directory.
put_back() {
    remove "$path"
    if mv -T "$room/whole/$name" "$path" 2>/dev/null; then
        remove "$room"
    elif cp -a "$room/whole/$name/." "$path/"; then
        remove "$room"
        say "$path cannot be removed, and so it cannot be moved."
        false
    else
        say "$path cannot be removed, and so it cannot be moved. All that was in it is in $room/whole."
        false
    fi
}

remove() {
    rm -rf "$1" 2>/dev/null || {
        chmod -R u+rwx "$1" 2>/dev/null
        rm -rf "$1"
    }
}

say() {
    printf 'git mv: %s\n' "$1" >&2
}
