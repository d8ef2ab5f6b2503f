# Plain comments as Doxygen's: the first is the file's, one before a thing is that thing's, one behind
# code on the same line is that line's. Code that only shows (four blanks in) is kept as it is.
1 s|^// |/// @file\n/// |
s|^( *)//( *)$|\1///|
s|^( *)// (.*)$|\1/// \2|
s|^(.*[;,{})]) +// (.*)$|\1  ///< \2|
# A specialization of a template of std's: Doxygen would want std's own declaration.
/^template <>$/ { N; /std::hash/ { N; N; N; N; s/.*//; } }
