/* m2m for C++17: the C API with owners, overloads and optional values. Header only; throws nothing
 * and allocates nothing by itself. What a function does is said in m2m.h at the one that it calls.
 */
#ifndef M2M_HPP
#define M2M_HPP

#include "m2m/client.hpp"
#include "m2m/coap.hpp"
#include "m2m/lwm2m.hpp"
#include "m2m/message.hpp"
#include "m2m/onem2m.hpp"
#include "m2m/senml.hpp"
#include "m2m/server.hpp"

#endif
