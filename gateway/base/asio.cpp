// The one place where Asio's and Beast's own sources are compiled (see flags.cmake: separate compilation).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
