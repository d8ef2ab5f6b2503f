# Links from the guide that leave it: they stand in the repository, not in the reference.
s|\]\(\.\./[^)]*\)|]|g
s#^```(cpp|c) continues$#```\1#
