# Read by every bash that is no terminal's (BASH_ENV): a login shell may have set PATH anew.
case :$PATH: in
*":${BASH_ENV%/*}/bin:"*) ;;
*) PATH=${BASH_ENV%/*}/bin:$PATH ;;
esac
