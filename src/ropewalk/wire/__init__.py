"""Pure codecs: bytes in, events out; one file per protocol."""
