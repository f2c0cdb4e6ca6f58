// What the tests in C++ share.
#ifndef CHECK_HPP
#define CHECK_HPP

#include <m2m.hpp>

#include <cstdio>
#include <cstdlib>
#include <type_traits>
#include <vector>

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            std::exit(1);                                                       \
        }                                                                       \
    } while (0)

/// It moves, and is not copied.
template <typename T>
constexpr bool owns = !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
                      std::is_nothrow_move_constructible_v<T> &&
                      std::is_nothrow_move_assignable_v<T>;

#endif
