/* m2m: protocols of the Internet of Things as a library without sockets, clocks or threads.
 *
 * This file is written from the source of the library: do not change it by hand.
 *
 * What holds for every function:
 *
 * - It returns an int32_t: 0 (M2M_OK), above 0 a benign result such as M2M_NOTHING, below 0 an
 *   error. m2m_strerror() says it in English. The few that return something else say so.
 * - Out-parameters are written on success only.
 * - All that is passed in is copied: it may go away when the function returns.
 * - const char * without a length is a NUL-terminated string; bytes are a pointer and a length,
 *   and the pointer may be NULL when the length is 0.
 * - Arguments are checked. NULL where it makes no sense, numbers out of range, text that is not
 *   UTF-8 are errors. Only a pointer that points to nowhere cannot be told from a good one.
 * - A handle may be used from any thread, by one at a time. Nobody waits: the second one gets
 *   M2M_BUSY, and so does a signal handler that uses the handle of what it interrupts.
 * - Should a bug in the library be caught, the handle is poisoned: all calls return M2M_POISONED,
 *   it can only be freed, and the process goes on.
 * - Times are milliseconds on a clock of the caller's that never goes back.
 */


#ifndef M2M_H
#define M2M_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Version of this header: major, minor and patch. */
#define M2M_VERSION_MAJOR 0
#define M2M_VERSION_MINOR 1
#define M2M_VERSION_PATCH 0
/** Version of this header as a string. m2m_version() is the library's. */
#define M2M_VERSION "0.1.0"

/**
 * Bytes of the longest path as a string, its NUL counted: "/65534/65534/65534/65534".
 */
#define M2M_PATH_SIZE 25

/**
 * No deadline: nothing is to be done before a datagram comes or the application wants something.
 */
#define M2M_NEVER UINT64_MAX

/**
 * Most paths of m2m_lwm2m_client_send() and m2m_lwm2m_client_record().
 */
#define M2M_LWM2M_SEND_PATHS 16

/**
 * Longest record of m2m_lwm2m_client_package_record() in bytes.
 */
#define M2M_LWM2M_PACKAGE_RECORD 280

/**
 * Words of a m2m_senml_reader.
 */
#define M2M_SENML_READER_WORDS 96

/**
 * Words of a m2m_senml_writer.
 */
#define M2M_SENML_WRITER_WORDS 16

/**
 * What a call returns: 0, or a benign result above 0, or an error below 0. Functions return it as
 * an int32_t; m2m_strerror() says it in English.
 *
 * No error of an engine is ever caused by what a peer sent: those are counted
 * (m2m_lwm2m_client_counters()) and answered as the protocol says.
 */
typedef enum m2m_result {
    /**
     * Done.
     */
    M2M_OK = 0,
    /**
     * There is nothing (more): no datagram to send, no event, no path.
     */
    M2M_NOTHING = 1,
    /**
     * The datagram had been received before. Its answer goes out again where there is one.
     */
    M2M_DUPLICATE = 2,
    /**
     * The datagram was answered with a reset or an error. The counters say why.
     */
    M2M_REFUSED = 3,
    /**
     * The datagram was dropped. The counters say why.
     */
    M2M_IGNORED = 4,
    /**
     * A pointer that must not be NULL is NULL.
     */
    M2M_NULL = -1,
    /**
     * An argument is outside the range that its documentation names.
     */
    M2M_INVALID = -2,
    /**
     * The handle is inside another call, of another thread or of a signal handler. Nothing was
     * done.
     */
    M2M_BUSY = -3,
    /**
     * A bug in this library was caught, in this call or in an earlier one, and the handle can
     * only be freed. The process goes on.
     */
    M2M_POISONED = -4,
    /**
     * The buffer is too small. Nothing is lost: call again with a larger one.
     */
    M2M_BUFFER_TOO_SMALL = -5,
    /**
     * The memory could not be had.
     */
    M2M_OUT_OF_MEMORY = -6,
    /**
     * A table of the handle is full: see its configuration.
     */
    M2M_FULL = -7,
    /**
     * Text is not UTF-8.
     */
    M2M_NOT_UTF8 = -8,
    /**
     * No server has this Short Server ID.
     */
    M2M_UNKNOWN_SERVER = -9,
    /**
     * The client has no object with this ID.
     */
    M2M_UNKNOWN_OBJECT = -10,
    /**
     * There is nothing at this path, the object has no such resource, or this cannot be done to a
     * path of this depth.
     */
    M2M_UNKNOWN_PATH = -11,
    /**
     * The id names nothing, or no longer.
     */
    M2M_UNKNOWN_ID = -12,
    /**
     * What is to be made is there already.
     */
    M2M_EXISTS = -13,
    /**
     * The resource has another type.
     */
    M2M_WRONG_TYPE = -14,
    /**
     * The value is outside the range that the object's definition gives the resource.
     */
    M2M_OUT_OF_RANGE = -15,
    /**
     * The object, or the state of the registration, does not allow this.
     */
    M2M_NOT_ALLOWED = -16,
    /**
     * Something else is wrong. Cannot happen between a header and a library of one version.
     */
    M2M_UNSPECIFIED = -17,
    /**
     * What is to be read is not well formed. Only what reads a payload by itself returns it, such as
     * m2m_senml_reader_next().
     */
    M2M_MALFORMED = -18,
} m2m_result;

/**
 * What may be done with a resource (column "Operations" of an object's definition).
 */
typedef enum m2m_operations {
    /**
     * Nothing, except by a Bootstrap-Server.
     */
    M2M_NO_OPERATION = 0,
    /**
     * Read and Observe.
     */
    M2M_R = 1,
    /**
     * Write.
     */
    M2M_W = 2,
    /**
     * Read, Observe and Write.
     */
    M2M_RW = 3,
    /**
     * Execute.
     */
    M2M_E = 4,
} m2m_operations;

/**
 * How many instances there may be (column "Instances").
 */
typedef enum m2m_instances {
    /**
     * One.
     */
    M2M_SINGLE = 0,
    /**
     * Any number.
     */
    M2M_MULTIPLE = 1,
} m2m_instances;

/**
 * Whether every object instance has the resource (column "Mandatory").
 */
typedef enum m2m_presence {
    /**
     * It may be missing.
     */
    M2M_OPTIONAL = 0,
    /**
     * It is always there.
     */
    M2M_MANDATORY = 1,
} m2m_presence;

/**
 * Type of a resource (column "Type").
 */
typedef enum m2m_type {
    /**
     * No value: the resource is executed.
     */
    M2M_NO_TYPE = 0,
    /**
     * Text in UTF-8.
     */
    M2M_STRING = 1,
    /**
     * A signed integer of up to 64 bits.
     */
    M2M_INTEGER = 2,
    /**
     * An unsigned integer of up to 64 bits.
     */
    M2M_UNSIGNED = 3,
    /**
     * A floating-point number.
     */
    M2M_FLOAT = 4,
    /**
     * True or false.
     */
    M2M_BOOLEAN = 5,
    /**
     * Bytes.
     */
    M2M_OPAQUE = 6,
    /**
     * Seconds since 1970-01-01T00:00:00Z.
     */
    M2M_TIME = 7,
    /**
     * The ID of an object and of one of its instances.
     */
    M2M_OBJLNK = 8,
    /**
     * Links in the CoRE Link Format.
     */
    M2M_CORELNK = 9,
} m2m_type;

/**
 * What a range restricts.
 */
typedef enum m2m_range_kind {
    /**
     * The value of a number.
     */
    M2M_RANGE_NUMBER = 1,
    /**
     * The length of text in characters, or of opaque data in bytes.
     */
    M2M_RANGE_LENGTH = 2,
} m2m_range_kind;

/**
 * What happened.
 */
typedef enum m2m_lwm2m_event_kind {
    /**
     * Something that this header does not know. To be skipped.
     */
    M2M_LWM2M_UNKNOWN_EVENT = 0,
    /**
     * The server accepted the registration.
     */
    M2M_LWM2M_REGISTERED = 1,
    /**
     * The server accepted an update of the registration.
     */
    M2M_LWM2M_UPDATED = 2,
    /**
     * An attempt to register failed, or the registration was lost. reason and code say why; at_ms
     * is when the next attempt comes, M2M_NEVER if none does.
     */
    M2M_LWM2M_REGISTRATION_FAILED = 3,
    /**
     * The client is no longer registered, because the application wanted so.
     */
    M2M_LWM2M_DEREGISTERED = 4,
    /**
     * The client is no longer registered, because the server disabled it. It registers again at
     * at_ms.
     */
    M2M_LWM2M_DISABLED = 5,
    /**
     * The server wrote a value: read it with m2m_lwm2m_client_get_integer() and its like. path is
     * a resource or resource instance, or an object instance or multiple resource that the server
     * replaced as a whole, so that others of its values may have gone.
     */
    M2M_LWM2M_WRITTEN = 6,
    /**
     * The server created the object instance at path.
     */
    M2M_LWM2M_CREATED = 7,
    /**
     * The server deleted the object instance or resource instance at path.
     */
    M2M_LWM2M_DELETED = 8,
    /**
     * The server executes the resource at path: read arguments with m2m_lwm2m_client_arguments(),
     * answer with m2m_lwm2m_client_answer_execute(). id names the execute until then. Without an
     * answer the server gets 5.03 after a while.
     */
    M2M_LWM2M_EXECUTED = 9,
    /**
     * The client wants to talk to the server and has no connection with it. path is the instance
     * of the Security object (/0/x) with the address and the credentials. Answer with
     * m2m_lwm2m_client_set_peer() or m2m_lwm2m_client_connection_failed(). server is 0 for the
     * bootstrap server. Servers that
     * m2m_lwm2m_client_add_server() added have a connection from the beginning.
     */
    M2M_LWM2M_CONNECT = 10,
    /**
     * A bootstrap is done: the client registers with the servers that it has now.
     */
    M2M_LWM2M_BOOTSTRAPPED = 11,
    /**
     * A bootstrap failed, and everything is as it was before. reason and code say why; at_ms is
     * when the next attempt comes, M2M_NEVER if none does.
     */
    M2M_LWM2M_BOOTSTRAP_FAILED = 12,
    /**
     * The server accepted what m2m_lwm2m_client_send() sent under this id.
     */
    M2M_LWM2M_SENT = 13,
    /**
     * What m2m_lwm2m_client_send() was to send under this id did not arrive and is given up. reason
     * and code say why.
     */
    M2M_LWM2M_SEND_FAILED = 14,
    /**
     * Queue mode: the server does not expect the client to listen any more.
     */
    M2M_LWM2M_ASLEEP = 15,
    /**
     * A block of a package is here, path is /5/0 or /9/x: read it with
     * m2m_lwm2m_client_package_block(), keep it at offset (at 0 an image begins; last is 1 if none
     * follows), and say so with m2m_lwm2m_client_answer_package(). The next one comes after that.
     */
    M2M_LWM2M_PACKAGE_BLOCK = 16,
    /**
     * The client is to download a package: connect to the host of its URI, which is the string at
     * /5/0/1 or /9/x/3, and give the number with m2m_lwm2m_client_connect_package(). It is asked
     * again when the connection does not bring anything any more.
     */
    M2M_LWM2M_PACKAGE_CONNECT = 17,
    /**
     * The application is to download a package and to see whether it is right. Answer with
     * m2m_lwm2m_client_answer_package().
     */
    M2M_LWM2M_PACKAGE_DOWNLOAD = 18,
    /**
     * A package is whole. Answer with m2m_lwm2m_client_answer_package() whether it is right.
     */
    M2M_LWM2M_PACKAGE_VERIFY = 19,
    /**
     * Something is to be done with a package: step says what. Answer with
     * m2m_lwm2m_client_answer_package() how it ended. After a restart in between it is asked again.
     */
    M2M_LWM2M_PACKAGE_APPLY = 20,
    /**
     * What is kept of a package is of no use any more.
     */
    M2M_LWM2M_PACKAGE_DISCARDED = 21,
    /**
     * The record of a package is another: store what m2m_lwm2m_client_package_record() gives.
     */
    M2M_LWM2M_PACKAGE_CHANGED = 22,
} m2m_lwm2m_event_kind;

/**
 * Why a registration or a Send failed.
 */
typedef enum m2m_lwm2m_failure {
    /**
     * It did not fail, or for something that this header does not know.
     */
    M2M_LWM2M_NO_FAILURE = 0,
    /**
     * The server refused it with the event's code.
     */
    M2M_LWM2M_FAILED_RESPONSE = 1,
    /**
     * The server did not answer.
     */
    M2M_LWM2M_FAILED_TIMED_OUT = 2,
    /**
     * The server rejected the message.
     */
    M2M_LWM2M_FAILED_RESET = 3,
    /**
     * The server's answer has no location, or one longer than location_size.
     */
    M2M_LWM2M_FAILED_LOCATION = 4,
    /**
     * The request is larger than the configuration allows, or the answer is.
     */
    M2M_LWM2M_FAILED_TOO_LARGE = 5,
    /**
     * No connection could be made.
     */
    M2M_LWM2M_FAILED_CONNECTION = 6,
    /**
     * The server does not want anything sent (/1/x/23).
     */
    M2M_LWM2M_FAILED_MUTED = 7,
} m2m_lwm2m_failure;

/**
 * How far a registration is.
 */
typedef enum m2m_lwm2m_registration_state {
    /**
     * Not registered, and not about to be.
     */
    M2M_LWM2M_STATE_OFF = 0,
    /**
     * It waits for the servers that come before it (/1/x/13).
     */
    M2M_LWM2M_STATE_QUEUED = 1,
    /**
     * The next attempt comes at at_ms.
     */
    M2M_LWM2M_STATE_WAITING = 2,
    /**
     * A Register is under way.
     */
    M2M_LWM2M_STATE_REGISTERING = 3,
    /**
     * Registered.
     */
    M2M_LWM2M_STATE_REGISTERED = 4,
    /**
     * A De-register is under way.
     */
    M2M_LWM2M_STATE_DEREGISTERING = 5,
    /**
     * The server disabled the client until at_ms.
     */
    M2M_LWM2M_STATE_DISABLED = 6,
    /**
     * All attempts failed.
     */
    M2M_LWM2M_STATE_FAILED = 7,
    /**
     * Something that this header does not know.
     */
    M2M_LWM2M_STATE_OTHER = 8,
    /**
     * The application is to make a connection.
     */
    M2M_LWM2M_STATE_CONNECTING = 9,
} m2m_lwm2m_registration_state;

/**
 * Version of LwM2M.
 */
typedef enum m2m_lwm2m_version {
    /**
     * 1.0
     */
    M2M_LWM2M_1_0 = 10,
    /**
     * 1.1
     */
    M2M_LWM2M_1_1 = 11,
    /**
     * 1.2
     */
    M2M_LWM2M_1_2 = 12,
} m2m_lwm2m_version;

/**
 * Content-Formats for m2m_lwm2m_client_send().
 */
typedef enum m2m_lwm2m_format {
    /**
     * SenML JSON.
     */
    M2M_LWM2M_SENML_JSON = 110,
    /**
     * SenML CBOR.
     */
    M2M_LWM2M_SENML_CBOR = 112,
    /**
     * LwM2M CBOR, for LwM2M 1.2. It has no times.
     */
    M2M_LWM2M_CBOR = 11544,
} m2m_lwm2m_format;

/**
 * How servers may deliver packages (/5/0/9).
 */
typedef enum m2m_lwm2m_delivery {
    /**
     * By a URI only.
     */
    M2M_LWM2M_PULL = 0,
    /**
     * By writing them only.
     */
    M2M_LWM2M_PUSH = 1,
    /**
     * Either way.
     */
    M2M_LWM2M_PULL_AND_PUSH = 2,
} m2m_lwm2m_delivery;

/**
 * What packages may be downloaded with (/5/0/8): bits of a set.
 */
typedef enum m2m_lwm2m_protocols {
    /**
     * coap://, downloaded by the client.
     */
    M2M_LWM2M_BY_COAP = 1,
    /**
     * coaps://, downloaded by the client.
     */
    M2M_LWM2M_BY_COAPS = 2,
    /**
     * http://, downloaded by the application.
     */
    M2M_LWM2M_BY_HTTP = 4,
    /**
     * https://, downloaded by the application.
     */
    M2M_LWM2M_BY_HTTPS = 8,
    /**
     * coap+tcp://, downloaded by the client.
     */
    M2M_LWM2M_BY_COAP_TCP = 16,
    /**
     * coaps+tcp://, downloaded by the client.
     */
    M2M_LWM2M_BY_COAPS_TCP = 32,
    /**
     * Any other scheme, downloaded by the application.
     */
    M2M_LWM2M_BY_OTHER = 128,
} m2m_lwm2m_protocols;

/**
 * Answers to what is asked about a package. Each error has a code of Update Result.
 */
typedef enum m2m_lwm2m_package_answer {
    /**
     * It is done, kept, right.
     */
    M2M_LWM2M_PACKAGE_OK = 0,
    /**
     * Not enough flash memory.
     */
    M2M_LWM2M_PACKAGE_NO_SPACE = 1,
    /**
     * Out of RAM.
     */
    M2M_LWM2M_PACKAGE_OUT_OF_MEMORY = 2,
    /**
     * The connection is lost, or cannot be had.
     */
    M2M_LWM2M_PACKAGE_CONNECTION_LOST = 3,
    /**
     * The integrity check failed.
     */
    M2M_LWM2M_PACKAGE_INTEGRITY = 4,
    /**
     * An unsupported type of package.
     */
    M2M_LWM2M_PACKAGE_UNSUPPORTED_TYPE = 5,
    /**
     * Invalid URI, or nothing is there.
     */
    M2M_LWM2M_PACKAGE_INVALID_URI = 6,
    /**
     * A protocol that the device does not have.
     */
    M2M_LWM2M_PACKAGE_UNSUPPORTED_PROTOCOL = 7,
    /**
     * The update, the installation or the uninstallation failed.
     */
    M2M_LWM2M_PACKAGE_FAILED = 8,
    /**
     * The user puts the update off; only for M2M_LWM2M_STEP_UPDATE.
     */
    M2M_LWM2M_PACKAGE_DEFERRED = 9,
} m2m_lwm2m_package_answer;

/**
 * What is to be done with a package.
 */
typedef enum m2m_lwm2m_package_step {
    /**
     * The event is about something else.
     */
    M2M_LWM2M_NO_STEP = 0,
    /**
     * Update the firmware. The device may restart meanwhile: it is asked again, once
     * m2m_lwm2m_client_add_firmware_update() gets the record back.
     */
    M2M_LWM2M_STEP_UPDATE = 1,
    /**
     * Install the software.
     */
    M2M_LWM2M_STEP_INSTALL = 2,
    /**
     * Remove the software.
     */
    M2M_LWM2M_STEP_UNINSTALL = 3,
    /**
     * Remove the software to make place for a newer one.
     */
    M2M_LWM2M_STEP_UNINSTALL_FOR_UPDATE = 4,
    /**
     * Start the software.
     */
    M2M_LWM2M_STEP_ACTIVATE = 5,
    /**
     * Stop the software.
     */
    M2M_LWM2M_STEP_DEACTIVATE = 6,
} m2m_lwm2m_package_step;

/**
 * Response codes of CoAP: class in the upper 3 bits, detail in the lower 5.
 */
typedef enum m2m_coap_code {
    /**
     * 2.04 Changed: done.
     */
    M2M_COAP_CHANGED = 68,
    /**
     * 4.00 Bad Request: the arguments are wrong.
     */
    M2M_COAP_BAD_REQUEST = 128,
    /**
     * 4.01 Unauthorized
     */
    M2M_COAP_UNAUTHORIZED = 129,
    /**
     * 4.03 Forbidden
     */
    M2M_COAP_FORBIDDEN = 131,
    /**
     * 4.04 Not Found
     */
    M2M_COAP_NOT_FOUND = 132,
    /**
     * 4.05 Method Not Allowed
     */
    M2M_COAP_METHOD_NOT_ALLOWED = 133,
    /**
     * 5.00 Internal Server Error: it was tried and failed.
     */
    M2M_COAP_INTERNAL_SERVER_ERROR = 160,
    /**
     * 5.01 Not Implemented
     */
    M2M_COAP_NOT_IMPLEMENTED = 161,
    /**
     * 5.03 Service Unavailable: not now.
     */
    M2M_COAP_SERVICE_UNAVAILABLE = 163,
} m2m_coap_code;

/**
 * What a number is.
 */
typedef enum m2m_number_kind {
    /**
     * There is none.
     */
    M2M_NO_NUMBER = 0,
    /**
     * A whole number: integer.
     */
    M2M_NUMBER_INTEGER = 1,
    /**
     * A whole number above INT64_MAX: natural.
     */
    M2M_NUMBER_UNSIGNED = 2,
    /**
     * A decimal fraction, or a large number with few digits: integer * 10^exponent.
     */
    M2M_NUMBER_DECIMAL = 3,
    /**
     * A floating-point number: real.
     */
    M2M_NUMBER_FLOAT = 4,
} m2m_number_kind;

/**
 * How a pack is encoded (RFC 8428 sections 5 and 6).
 */
typedef enum m2m_senml_format {
    /**
     * application/senml+json, in CoAP 110.
     */
    M2M_SENML_JSON = 110,
    /**
     * application/senml+cbor, in CoAP 112.
     */
    M2M_SENML_CBOR = 112,
} m2m_senml_format;

/**
 * What is done with the base fields of a pack, and what its names and values must be.
 */
typedef enum m2m_senml_rules {
    /**
     * Records are given as they were sent: base fields are members of their own, nothing is
     * checked but the encoding.
     */
    M2M_SENML_AS_SENT = 0,
    /**
     * Measurements by RFC 8428: records say everything themselves (section 4.6).
     */
    M2M_SENML_RFC8428 = 1,
    /**
     * Values of LwM2M resources: names are paths, a time with a base time is absolute.
     */
    M2M_SENML_LWM2M = 2,
    /**
     * What is to be read (RFC 8790 section 3.1): names without values.
     */
    M2M_SENML_FETCH = 3,
    /**
     * What is to be changed (RFC 8790 section 3.2): M2M_SENML_NULL removes.
     */
    M2M_SENML_PATCH = 4,
} m2m_senml_rules;

/**
 * Which value a record has.
 */
typedef enum m2m_senml_value {
    /**
     * None: there is a sum, or the pack says what is to be read.
     */
    M2M_SENML_NO_VALUE = 0,
    /**
     * A number (v).
     */
    M2M_SENML_NUMBER = 1,
    /**
     * Text (vs).
     */
    M2M_SENML_TEXT = 2,
    /**
     * True or false (vb).
     */
    M2M_SENML_BOOLEAN = 3,
    /**
     * Bytes (vd).
     */
    M2M_SENML_DATA = 4,
    /**
     * A link to an object instance as text, such as 66:0 (vlo, LwM2M).
     */
    M2M_SENML_OBJLNK = 5,
    /**
     * Null in the place of a number (v): removes, in a patch.
     */
    M2M_SENML_NULL = 6,
} m2m_senml_value;

/**
 * What a time is counted from.
 */
typedef enum m2m_senml_time {
    /**
     * There is no time: the value is of now.
     */
    M2M_SENML_NOW = 0,
    /**
     * Seconds from now, negative in the past.
     */
    M2M_SENML_RELATIVE = 1,
    /**
     * Seconds since 1970-01-01T00:00:00Z.
     */
    M2M_SENML_ABSOLUTE = 2,
    /**
     * Seconds as they were sent, of a record as it was sent.
     */
    M2M_SENML_TIME_AS_SENT = 3,
} m2m_senml_time;

/**
 * What is wrong with a pack.
 */
typedef enum m2m_senml_error {
    /**
     * Nothing, or something that this header does not know.
     */
    M2M_SENML_NO_ERROR = 0,
    /**
     * The bytes end before the pack does.
     */
    M2M_SENML_UNEXPECTED_END = 1,
    /**
     * Bytes follow the pack.
     */
    M2M_SENML_TRAILING_BYTES = 2,
    /**
     * Neither JSON nor CBOR.
     */
    M2M_SENML_MALFORMED = 3,
    /**
     * Text that is not UTF-8.
     */
    M2M_SENML_NOT_UTF8 = 4,
    /**
     * A control character, an unknown escape or half a surrogate pair in a JSON string.
     */
    M2M_SENML_INVALID_STRING = 5,
    /**
     * A number larger than floating-point numbers are.
     */
    M2M_SENML_NUMBER_RANGE = 6,
    /**
     * Infinity, or what is not a number.
     */
    M2M_SENML_NOT_FINITE = 7,
    /**
     * Data that are not base64.
     */
    M2M_SENML_INVALID_BASE64 = 8,
    /**
     * A value whose type does not fit its label, or a record or label of a wrong type.
     */
    M2M_SENML_WRONG_TYPE = 9,
    /**
     * A label twice in one record.
     */
    M2M_SENML_DUPLICATE_LABEL = 10,
    /**
     * More than one value in one record.
     */
    M2M_SENML_SEVERAL_VALUES = 11,
    /**
     * A field that must be understood and is not (RFC 8428 section 4.4).
     */
    M2M_SENML_UNSUPPORTED_FIELD = 12,
    /**
     * The value of a field that is not known is nested too deeply.
     */
    M2M_SENML_TOO_DEEP = 13,
    /**
     * Versions that differ within the pack.
     */
    M2M_SENML_VERSION_MISMATCH = 14,
    /**
     * A version that is not supported.
     */
    M2M_SENML_UNSUPPORTED_VERSION = 15,
    /**
     * An empty name, or one with characters that names must not have.
     */
    M2M_SENML_INVALID_NAME = 16,
    /**
     * A record without the value or sum that it needs.
     */
    M2M_SENML_MISSING_VALUE = 17,
    /**
     * A value where none may be.
     */
    M2M_SENML_UNEXPECTED_VALUE = 18,
} m2m_senml_error;

/**
 * A text of a record.
 */
typedef enum m2m_senml_text {
    /**
     * The name, base name included.
     */
    M2M_SENML_NAME = 1,
    /**
     * The unit, or the base unit if it has none.
     */
    M2M_SENML_UNIT = 2,
    /**
     * The value, of M2M_SENML_TEXT and M2M_SENML_OBJLNK.
     */
    M2M_SENML_VALUE = 3,
    /**
     * The content format of the data, or the base content format if it has none.
     */
    M2M_SENML_CONTENT_FORMAT = 4,
    /**
     * As it was sent: the base name.
     */
    M2M_SENML_BASE_NAME = 5,
    /**
     * As it was sent: the base unit.
     */
    M2M_SENML_BASE_UNIT = 6,
    /**
     * As it was sent: the base content format.
     */
    M2M_SENML_BASE_CONTENT_FORMAT = 7,
} m2m_senml_text;

/**
 * An LwM2M client: a device that registers to servers, which then read, write, execute and observe
 * its objects. It opens no socket and reads no clock: it gets datagrams and the time, and gives
 * datagrams, events and the time when it wants to be called again.
 *
 * All memory that it ever uses is reserved when it is made. Any thread may use it, one at a time:
 * a second one gets M2M_BUSY.
 */
typedef struct m2m_lwm2m_client m2m_lwm2m_client;

/**
 * The definition of a registered object. What is in it is the library's business.
 */
typedef struct m2m_standard_object m2m_standard_object;

/**
 * A place in the tree of objects, such as /3303/0/5700: the first len of ids are object, instance,
 * resource and resource instance. Passed by value. m2m_path_resource() and its like make one.
 *
 * IDs are 0 to 65534. A path with a larger len or ID is not one, and every function that gets it
 * returns M2M_INVALID.
 */
typedef struct m2m_path {
    /**
     * How many IDs there are: 0 for the root "/", 1 to 4.
     */
    uint16_t len;
    /**
     * Object, instance, resource, resource instance.
     */
    uint16_t ids[4];
} m2m_path;

/**
 * One resource of an object, as a row of the table in the object's definition:
 * { 5700, M2M_R, M2M_SINGLE, M2M_MANDATORY, M2M_FLOAT }
 */
typedef struct m2m_resource {
    /**
     * Resource ID, 0 to 65534.
     */
    uint16_t id;
    /**
     * One of enum m2m_operations.
     */
    uint8_t operations;
    /**
     * One of enum m2m_instances.
     */
    uint8_t instances;
    /**
     * One of enum m2m_presence.
     */
    uint8_t presence;
    /**
     * One of enum m2m_type: M2M_NO_TYPE exactly if the operation is M2M_E.
     */
    uint8_t type;
} m2m_resource;

/**
 * The range of a resource's values, both ends included: { 5701, M2M_RANGE_LENGTH, 0, 16 }.
 * What a server writes outside of it is refused.
 */
typedef struct m2m_range {
    /**
     * Resource ID.
     */
    uint16_t resource;
    /**
     * One of enum m2m_range_kind.
     */
    uint16_t kind;
    /**
     * Least value or length: -32768 (0 for a length) to 32767.
     */
    int32_t low;
    /**
     * Greatest value or length: low to low + 65535.
     */
    int32_t high;
} m2m_range;

/**
 * An object of the application's own. For registered objects whose definition the library knows
 * (m2m_object_3303, m2m_object_5, ...), standard_objects of the configuration is easier.
 */
typedef struct m2m_object {
    /**
     * Object ID, 0 to 65534.
     */
    uint16_t id;
    /**
     * Version of the definition, left of the dot.
     */
    uint8_t version_major;
    /**
     * Version of the definition, right of the dot.
     */
    uint8_t version_minor;
    /**
     * One of enum m2m_instances. An object with a single instance only has instance 0.
     */
    uint8_t instances;
    /**
     * One of enum m2m_presence, for the object itself.
     */
    uint8_t presence;
    /**
     * Its resources, in any order.
     */
    const struct m2m_resource *resources;
    /**
     * How many they are.
     */
    size_t resources_len;
    /**
     * Ranges of those resources that have one; may be NULL.
     */
    const struct m2m_range *ranges;
    /**
     * How many they are.
     */
    size_t ranges_len;
} m2m_object;

/**
 * What a client is made with. Fill it with m2m_lwm2m_client_config_init(), then change members.
 * Numbers are wider than their ranges, so that what is out of range is an error and not cut off.
 */
typedef struct m2m_lwm2m_client_config {
    /**
     * Size of this structure, which tells the library the version of the caller's header.
     */
    size_t struct_size;
    /**
     * Endpoint Client Name, at most 250 bytes. NULL or "": it is not sent, and the servers know
     * the client by its credentials.
     */
    const char *endpoint_name;
    /**
     * Registered objects that the client has, besides Security (0), Server (1) and Device (3),
     * which every client has: &m2m_object_3303 and so on. What is not named is not linked.
     */
    const struct m2m_standard_object *const *standard_objects;
    /**
     * How many they are.
     */
    size_t standard_objects_len;
    /**
     * Objects of the application's own.
     */
    const struct m2m_object *objects;
    /**
     * How many they are.
     */
    size_t objects_len;
    /**
     * Whatever the application wants to find by the handle: m2m_lwm2m_client_tag().
     */
    uint64_t tag;
    /**
     * Server accounts: 1 to 15.
     */
    uint32_t servers;
    /**
     * Object instances, resources and resource instances held, 20 bytes each: up to 65535. An
     * account takes about 16, the Device object 4 and what the application sets.
     */
    uint32_t values;
    /**
     * Bytes for strings and opaque values that are longer than 7 bytes.
     */
    uint32_t text_size;
    /**
     * Notification attributes that servers attach, 20 bytes each: up to 65535.
     */
    uint32_t attributes;
    /**
     * Paths in lists that servers observe or read at once, 12 bytes each: up to 65535.
     */
    uint32_t paths;
    /**
     * Bytes for notifications that are kept while servers cannot be told: 12 for each, and 6 to 12
     * for each of its values besides its bytes.
     */
    uint32_t history_size;
    /**
     * Calls of m2m_lwm2m_client_send() that wait or are under way: up to 255.
     */
    uint32_t sends;
    /**
     * Bytes for what they tell, as in history_size.
     */
    uint32_t outbox_size;
    /**
     * Executes that wait for the application's answer at one time: up to 255.
     */
    uint32_t executes;
    /**
     * Firmware and software packages: up to 255, at most 160 bytes each.
     */
    uint32_t packages;
    /**
     * Bytes for one request or response under construction: the object list of a registration
     * with its parameters, one block of a read. Up to 65535.
     */
    uint32_t scratch_size;
    /**
     * Bytes for the location that a server assigns to a registration: up to 255.
     */
    uint32_t location_size;
    /**
     * CoAP: longest datagram to send, 64 to 65535 bytes. A buffer of this size is large enough
     * for m2m_lwm2m_client_poll_transmit().
     */
    uint32_t message_size;
    /**
     * CoAP: longest body, in bytes, to assemble from blocks or to serve in blocks.
     */
    uint32_t body_size;
    /**
     * CoAP: own requests under way, up to 65535.
     */
    uint32_t exchanges;
    /**
     * CoAP: requests of servers in progress or remembered to recognise duplicates, up to 65535.
     */
    uint32_t requests;
    /**
     * CoAP: observations by servers, up to 65535.
     */
    uint32_t observers;
    /**
     * CoAP: bodies under way in blocks, up to 65535.
     */
    uint32_t transfers;
    /**
     * CoAP: peers with whom there is something under way, up to 65535.
     */
    uint32_t peers;
    /**
     * CoAP: bytes for all messages and bodies held at one time.
     */
    uint32_t pool_size;
    /**
     * ACK_TIMEOUT of RFC 7252 in milliseconds, at least 1000.
     */
    uint32_t ack_timeout_ms;
    /**
     * ACK_RANDOM_FACTOR of RFC 7252 in per cent, 100 to 1000.
     */
    uint32_t ack_random_percent;
    /**
     * MAX_RETRANSMIT of RFC 7252, up to 20.
     */
    uint32_t max_retransmit;
    /**
     * NSTART of RFC 7252: interactions outstanding with one server at a time, 1 to 255.
     */
    uint32_t nstart;
    /**
     * MAX_LATENCY of RFC 7252 in milliseconds: longest time that a datagram takes to arrive.
     */
    uint32_t max_latency_ms;
    /**
     * How many milliseconds a server's request waits for its answer before an empty
     * acknowledgement goes out in its stead. Less than the server's ACK_TIMEOUT.
     */
    uint32_t separate_after_ms;
    /**
     * How many milliseconds an acknowledged request waits for its response.
     */
    uint32_t response_timeout_ms;
    /**
     * Bytes of a token, 1 to 8. Less than 4 can be guessed by an attacker off the path.
     */
    uint32_t token_length;
    /**
     * Largest size exponent of blocks, 0 to 6: 16 to 1024 bytes.
     */
    uint32_t block_szx;
    /**
     * Not 0: queue mode. The client tells servers that it sleeps most of the time, and
     * M2M_LWM2M_ASLEEP when it may. Default: 0; without effect in a library without queue mode.
     */
    uint32_t queue_mode;
    /**
     * Queue mode: how many seconds the client listens after the last message. 0: as long as servers
     * count on, 93 seconds with the defaults of RFC 7252.
     */
    uint32_t awake_s;
} m2m_lwm2m_client_config;

/**
 * A server that the client knows. Fill it with m2m_lwm2m_server_account_init(), then change
 * members.
 */
typedef struct m2m_lwm2m_server_account {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * Short Server ID, 1 to 65534. Functions and events name the server by it. Default: 1.
     */
    uint32_t ssid;
    /**
     * One of enum m2m_lwm2m_version: what to register with. Default: 1.1.
     */
    int32_t version;
    /**
     * The number by which the application knows the server's address; any number. It comes with
     * datagrams in m2m_lwm2m_client_handle_datagram() and m2m_lwm2m_client_poll_transmit().
     */
    uint64_t peer;
    /**
     * LwM2M Server URI (/0/x/0), for the record: the client knows no addresses. NULL: empty.
     */
    const char *uri;
    /**
     * Binding (/1/x/7). NULL: "U".
     */
    const char *binding;
    /**
     * Lifetime of a registration in seconds (/1/x/1), 0 for no end. Default: 86400.
     */
    uint32_t lifetime_s;
    /**
     * Always 0.
     */
    uint32_t reserved;
} m2m_lwm2m_server_account;

/**
 * How far the registration to one server is.
 */
typedef struct m2m_lwm2m_registration {
    /**
     * One of enum m2m_lwm2m_registration_state.
     */
    int32_t state;
    /**
     * When it goes on, if the state says so, else M2M_NEVER.
     */
    uint64_t at_ms;
} m2m_lwm2m_registration;

/**
 * A datagram to send.
 */
typedef struct m2m_transmit {
    /**
     * Where to: the number that the application gave the server's address.
     */
    uint64_t peer;
    /**
     * Its length: the bytes are at the start of the buffer.
     */
    size_t len;
} m2m_transmit;

/**
 * An event. Every member is always set; those that the kind does not speak of are 0, at_ms is
 * M2M_NEVER.
 */
typedef struct m2m_lwm2m_event {
    /**
     * What happened: one of enum m2m_lwm2m_event_kind. A later library may have more of them.
     */
    int32_t kind;
    /**
     * Why: one of enum m2m_lwm2m_failure.
     */
    int32_t reason;
    /**
     * Short Server ID of the server that did it, or that it is about.
     */
    uint16_t server;
    /**
     * Where.
     */
    struct m2m_path path;
    /**
     * CoAP response code, class in the upper 3 bits and detail in the lower 5: 0x84 is 4.04.
     */
    uint8_t code;
    /**
     * Names an execute until it is answered, or what was sent.
     */
    uint64_t id;
    /**
     * When something follows.
     */
    uint64_t at_ms;
    /**
     * Of a block of a package: where in the image its bytes belong.
     */
    uint32_t offset;
    /**
     * Of a block of a package: 1 if none follows.
     */
    uint8_t last;
    /**
     * What is to be done with a package: one of enum m2m_lwm2m_package_step.
     */
    int32_t step;
} m2m_lwm2m_event;

/**
 * What a client has counted since it was made. Each number wraps.
 */
typedef struct m2m_counters {
    /**
     * Datagrams that came in.
     */
    uint32_t received;
    /**
     * Datagrams that went out.
     */
    uint32_t sent;
    /**
     * Of those: sent again for want of an acknowledgement.
     */
    uint32_t retransmitted;
    /**
     * Datagrams that were no well-formed message.
     */
    uint32_t malformed;
    /**
     * Messages that had come before.
     */
    uint32_t duplicates;
    /**
     * Responses, acknowledgements and resets that nothing waited for.
     */
    uint32_t unexpected;
    /**
     * Requests refused for an option that is critical and not understood.
     */
    uint32_t unsupported;
    /**
     * Requests refused, or notifications dropped, because a table was full.
     */
    uint32_t full;
    /**
     * Requests forgotten before their time to make room for new ones: their duplicates would be
     * taken for new requests.
     */
    uint32_t evicted;
} m2m_counters;

/**
 * What a device can do with packages, and how far it was before it restarted.
 */
typedef struct m2m_lwm2m_package_support {
    /**
     * One of enum m2m_lwm2m_delivery.
     */
    int32_t delivery;
    /**
     * Bits of enum m2m_lwm2m_protocols.
     */
    uint32_t protocols;
    /**
     * What m2m_lwm2m_client_package_record() gave before the restart; NULL at first.
     */
    const uint8_t *record;
    /**
     * How long it is.
     */
    size_t record_len;
    /**
     * How many bytes of an image the application has kept, from its start: a download that the
     * restart has interrupted goes on from there.
     */
    uint32_t kept;
} m2m_lwm2m_package_support;

/**
 * A function of the application that gets an event. user is what was passed to
 * m2m_lwm2m_client_dispatch(). It may call any function with the client, except
 * m2m_lwm2m_client_free() and m2m_lwm2m_client_dispatch(), which return M2M_BUSY. It must return:
 * no longjmp(), no C++ exception.
 */
typedef void (*m2m_lwm2m_handler)(void *user,
                                  struct m2m_lwm2m_client *client,
                                  const struct m2m_lwm2m_event *event);

/**
 * What to call for which event. NULL: the event is dropped, and an execute is answered with 4.05.
 * Set all to zero first, then struct_size to the size of this structure.
 */
typedef struct m2m_lwm2m_client_handlers {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * For M2M_LWM2M_REGISTERED.
     */
    m2m_lwm2m_handler registered;
    /**
     * For M2M_LWM2M_UPDATED.
     */
    m2m_lwm2m_handler updated;
    /**
     * For M2M_LWM2M_REGISTRATION_FAILED.
     */
    m2m_lwm2m_handler registration_failed;
    /**
     * For M2M_LWM2M_DEREGISTERED.
     */
    m2m_lwm2m_handler deregistered;
    /**
     * For M2M_LWM2M_DISABLED.
     */
    m2m_lwm2m_handler disabled;
    /**
     * For M2M_LWM2M_WRITTEN.
     */
    m2m_lwm2m_handler written;
    /**
     * For M2M_LWM2M_CREATED.
     */
    m2m_lwm2m_handler created;
    /**
     * For M2M_LWM2M_DELETED.
     */
    m2m_lwm2m_handler deleted;
    /**
     * For M2M_LWM2M_EXECUTED. It answers, or remembers the id of the event and answers later.
     */
    m2m_lwm2m_handler executed;
    /**
     * For M2M_LWM2M_PACKAGE_BLOCK to M2M_LWM2M_PACKAGE_CHANGED.
     */
    m2m_lwm2m_handler package;
    /**
     * For M2M_LWM2M_SENT.
     */
    m2m_lwm2m_handler sent;
    /**
     * For M2M_LWM2M_SEND_FAILED.
     */
    m2m_lwm2m_handler send_failed;
} m2m_lwm2m_client_handlers;

/**
 * A number. m2m_number_integer() and its like make one; all zero is none.
 *
 * In a number that the library gives, real is the nearest floating-point number whatever the kind
 * is. In one that it gets, only the members that the kind names count.
 */
typedef struct m2m_number {
    /**
     * One of enum m2m_number_kind.
     */
    int32_t kind;
    /**
     * Of M2M_NUMBER_DECIMAL: the power of ten.
     */
    int32_t exponent;
    /**
     * Of M2M_NUMBER_INTEGER the number, of M2M_NUMBER_DECIMAL its digits and sign.
     */
    int64_t integer;
    /**
     * Of M2M_NUMBER_UNSIGNED: the number.
     */
    uint64_t natural;
    /**
     * Of M2M_NUMBER_FLOAT: the number.
     */
    double real;
} m2m_number;

/**
 * Reads a pack. It lies wherever the program puts it, needs no memory beside and is not freed: one
 * that is not used any more is simply forgotten. m2m_senml_reader_init() makes it ready.
 *
 * The pack is not copied: its bytes must stay where they are, as they are, as long as the reader is
 * used.
 */
typedef struct m2m_senml_reader {
    /**
     * The library's business.
     */
    uint64_t state[M2M_SENML_READER_WORDS];
} m2m_senml_reader;

/**
 * A record that was read. Its name and other texts, and its data, are copied by
 * m2m_senml_reader_text() and m2m_senml_reader_data() until the next one is read. Numbers that it
 * does not have are of kind M2M_NO_NUMBER.
 */
typedef struct m2m_senml_item {
    /**
     * Which value it has: one of enum m2m_senml_value.
     */
    int32_t kind;
    /**
     * What its time is counted from: one of enum m2m_senml_time.
     */
    int32_t time_kind;
    /**
     * Of M2M_SENML_NUMBER: the value, base value included.
     */
    struct m2m_number number;
    /**
     * Of M2M_SENML_BOOLEAN: 0 or 1.
     */
    int32_t boolean;
    /**
     * The time in seconds, base time included.
     */
    struct m2m_number time;
    /**
     * The sum of the values over time (s), base sum included.
     */
    struct m2m_number sum;
    /**
     * Seconds until the next record of this name comes, at most (ut).
     */
    struct m2m_number update_time;
    /**
     * As it was sent: base time (bt).
     */
    struct m2m_number base_time;
    /**
     * As it was sent: base value (bv).
     */
    struct m2m_number base_value;
    /**
     * As it was sent: base sum (bs).
     */
    struct m2m_number base_sum;
    /**
     * The version of the pack (bver), 10 unless it says another; as it was sent 0 if there is none.
     */
    uint64_t version;
} m2m_senml_item;

/**
 * Writes a pack. It lies wherever the program puts it, needs no memory beside and is not freed.
 * m2m_senml_writer_init() makes it ready.
 *
 * The buffer is the writer's until it has finished.
 */
typedef struct m2m_senml_writer {
    /**
     * The library's business.
     */
    uint64_t state[M2M_SENML_WRITER_WORDS];
} m2m_senml_writer;

/**
 * A record to write. Set all to zero first, then struct_size to the size of this structure, then
 * what the record has: texts that are NULL, numbers of kind M2M_NO_NUMBER and a version of 0 are not
 * written. Base fields count from this record on.
 */
typedef struct m2m_senml_record {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * Base name (bn), put in front of the names.
     */
    const char *base_name;
    /**
     * Base unit (bu).
     */
    const char *base_unit;
    /**
     * Base content format (bct).
     */
    const char *base_content_format;
    /**
     * Base time (bt), in seconds.
     */
    struct m2m_number base_time;
    /**
     * Base value (bv).
     */
    struct m2m_number base_value;
    /**
     * Base sum (bs).
     */
    struct m2m_number base_sum;
    /**
     * Version (bver).
     */
    uint64_t base_version;
    /**
     * Name (n), behind the base name.
     */
    const char *name;
    /**
     * Unit (u): Cel, %RH, m/s.
     */
    const char *unit;
    /**
     * Content format of the data (ct, RFC 9193).
     */
    const char *content_format;
    /**
     * Time (t) in seconds, added to the base time.
     */
    struct m2m_number time;
    /**
     * Update time (ut).
     */
    struct m2m_number update_time;
    /**
     * Sum (s).
     */
    struct m2m_number sum;
    /**
     * Which value it has: one of enum m2m_senml_value.
     */
    int32_t kind;
    /**
     * Of M2M_SENML_BOOLEAN: false for 0, true for any other number.
     */
    int32_t boolean;
    /**
     * Of M2M_SENML_NUMBER: the value.
     */
    struct m2m_number number;
    /**
     * Of M2M_SENML_TEXT and M2M_SENML_OBJLNK: the value.
     */
    const char *text;
    /**
     * Of M2M_SENML_DATA: the value.
     */
    const uint8_t *data;
    /**
     * Its length in bytes.
     */
    size_t data_len;
} m2m_senml_record;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * /2 LwM2M Access Control, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_2;

/**
 * /4 Connectivity Monitoring, version 1.3.
 */
extern const struct m2m_standard_object m2m_object_4;

/**
 * /5 Firmware Update, version 1.2.
 */
extern const struct m2m_standard_object m2m_object_5;

/**
 * /6 Location, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_6;

/**
 * /7 Connectivity Statistics, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_7;

/**
 * /9 LWM2M Software Management, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_9;

/**
 * /10 LWM2M Cellular Connectivity, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_10;

/**
 * /11 LWM2M APN Connection Profile, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_11;

/**
 * /13 LWM2M Bearer Selection, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_13;

/**
 * /16 Portfolio, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_16;

/**
 * /19 BinaryAppDataContainer, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_19;

/**
 * /20 Event Log, version 2.1.
 */
extern const struct m2m_standard_object m2m_object_20;

/**
 * /21 LWM2M OSCORE, version 2.0.
 */
extern const struct m2m_standard_object m2m_object_21;

/**
 * /22 Virtual Observe Notify, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_22;

/**
 * /23 LwM2M COSE, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_23;

/**
 * /24 MQTT Server, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_24;

/**
 * /25 LwM2M Gateway, version 2.0.
 */
extern const struct m2m_standard_object m2m_object_25;

/**
 * /26 LwM2M Gateway Routing, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_26;

/**
 * /27 5GNR Connectivity, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_27;

/**
 * /500 CoAP Config, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_500;

/**
 * /503 Fire Alarm, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_503;

/**
 * /504 Remote SIM Provisioning, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_504;

/**
 * /3300 Generic Sensor, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_3300;

/**
 * /3301 Illuminance, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_3301;

/**
 * /3303 Temperature, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_3303;

/**
 * /3304 Humidity, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_3304;

/**
 * /3306 Actuation, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_3306;

/**
 * /3311 Light Control, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_3311;

/**
 * /3313 Accelerometer, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_3313;

/**
 * /3315 Barometer, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_3315;

/**
 * /3336 Location, version 2.0.
 */
extern const struct m2m_standard_object m2m_object_3336;

/**
 * /3340 Timer, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_3340;

/**
 * /3341 Addressable Text Display, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_3341;

/**
 * /3347 Push button, version 1.1.
 */
extern const struct m2m_standard_object m2m_object_3347;

/**
 * /3441 LwM2M v1.0 Test Object, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_3441;

/**
 * /3442 LwM2M v1.1 Test Object, version 1.0.
 */
extern const struct m2m_standard_object m2m_object_3442;

/**
 * The meaning of a result in English: a string that is never NULL and lives for ever.
 */
const char *m2m_strerror(int32_t result);

/**
 * The version of the library as text, such as "0.1.0": a string that lives for ever. The header's
 * is M2M_VERSION; they agree up to the last number, or one was exchanged without the other.
 */
const char *m2m_version(void);

/**
 * Gives the library an arena: len bytes at arena, which stay its own for ever. From now on all
 * memory of handles comes from there and from nowhere else, and what is freed goes back there.
 * Call it once, before the first handle is made; what was made before keeps its memory.
 *
 * Making and freeing handles is not for interrupt handlers. m2m_arena_used() tells after all handles
 * were made how large the arena has to be: that is the same at every start, and nothing is
 * allocated later.
 *
 * Without an arena, memory comes from the system's allocator; in a library that was built with the
 * feature hooks, from m2m_malloc() and m2m_free() of the application's; in one that was built without
 * the feature std, from nowhere.
 *
 * Errors: M2M_INVALID for less than 64 bytes, M2M_EXISTS when there is an arena already.
 */
int32_t m2m_init(void *arena,
                 size_t len);

/**
 * How many bytes of the arena are in use. M2M_NOTHING without an arena.
 */
int32_t m2m_arena_used(size_t *used);

/**
 * The application defines it, if the library was built with the feature hooks: gives size
 * bytes, at least 1, at an address that is a multiple of alignment, a power of two. NULL
 * if it has none.
 */
extern void *m2m_malloc(size_t size, size_t alignment);

/**
 * The application defines it, if the library was built with the feature hooks: takes back
 * what m2m_malloc() gave for the same size and alignment.
 */
extern void m2m_free(void *block, size_t size, size_t alignment);

/**
 * The path of an object: m2m_path_object(3) is /3.
 */
struct m2m_path m2m_path_object(uint16_t object);

/**
 * The path of an object instance: m2m_path_instance(3, 0) is /3/0.
 */
struct m2m_path m2m_path_instance(uint16_t object, uint16_t instance);

/**
 * The path of a resource: m2m_path_resource(3, 0, 1) is /3/0/1.
 */
struct m2m_path m2m_path_resource(uint16_t object, uint16_t instance, uint16_t resource);

/**
 * The path of an instance of a multiple resource: m2m_path_resource_instance(3, 0, 7, 1) is
 * /3/0/7/1.
 */
struct m2m_path m2m_path_resource_instance(uint16_t object,
                                           uint16_t instance,
                                           uint16_t resource,
                                           uint16_t resource_instance);

/**
 * The path that a string spells: m2m_path_from("/3303/0/5700"). If it spells none, the result is
 * no path either, and the function that it is passed to returns M2M_INVALID.
 */
struct m2m_path m2m_path_from(const char *text);

/**
 * Reads a path from a string such as "/3303/0/5700" ("/" is the root), for text that comes from
 * outside. M2M_INVALID if it is not one.
 */
int32_t m2m_path_parse(const char *text, struct m2m_path *path);

/**
 * Writes a path as a string into buf, with a NUL at the end. len gets its length without the NUL.
 * A buffer of M2M_PATH_SIZE bytes is always enough. With buf NULL and cap 0 only len is written.
 */
int32_t m2m_path_format(struct m2m_path path, char *buf, size_t cap, size_t *len);

/**
 * True if both are the same path. What is not a path equals nothing.
 */
bool m2m_path_equal(struct m2m_path a, struct m2m_path b);

/**
 * True if path is ancestor or lies below it: /3/0/1 starts with /3/0, with /3 and with itself.
 */
bool m2m_path_starts_with(struct m2m_path path, struct m2m_path ancestor);

/**
 * Fills a configuration for a device with two servers, a dozen objects and messages of 1152 bytes.
 * Call it as m2m_lwm2m_client_config_init(&config, sizeof config).
 */
int32_t m2m_lwm2m_client_config_init(struct m2m_lwm2m_client_config *config, size_t struct_size);

/**
 * Fills a configuration for a device with very little memory: one server, one object besides
 * Security, Server and Device, messages of 256 bytes. Otherwise as m2m_lwm2m_client_config_init().
 */
int32_t m2m_lwm2m_client_config_init_small(struct m2m_lwm2m_client_config *config,
                                           size_t struct_size);

/**
 * Makes a client.
 *
 * seed points to 32 random bytes, different at every start of the device, from which everything
 * follows that peers must not be able to guess. On success, *client is the new handle. Everything
 * is copied.
 *
 * Errors: M2M_INVALID for a member of the configuration that is out of its range or
 * an object that comes twice, M2M_OUT_OF_MEMORY.
 */
int32_t m2m_lwm2m_client_new(const struct m2m_lwm2m_client_config *config,
                             const uint8_t *seed,
                             struct m2m_lwm2m_client **client);

/**
 * Frees a client. NULL is fine. De-register first, if the servers are to know.
 *
 * M2M_BUSY, and nothing is freed, while the handle is inside another call or when called by a
 * handler of m2m_lwm2m_client_dispatch(). A poisoned handle can be freed.
 */
int32_t m2m_lwm2m_client_free(struct m2m_lwm2m_client *client);

/**
 * The tag that the configuration gave the client, for whatever the application wants to find by
 * it. Always works, also inside handlers. 0 for NULL.
 */
uint64_t m2m_lwm2m_client_tag(const struct m2m_lwm2m_client *client);

/**
 * Fills an account with the defaults. Call it as
 * m2m_lwm2m_server_account_init(&account, sizeof account).
 */
int32_t m2m_lwm2m_server_account_init(struct m2m_lwm2m_server_account *account, size_t struct_size);

/**
 * Adds a server. It shows as an instance of Security (/0/x) and one of Server (/1/x).
 *
 * Errors: M2M_EXISTS if the client has a server with this Short Server ID, M2M_INVALID for a
 * member that is out of its range, M2M_FULL.
 */
int32_t m2m_lwm2m_client_add_server(struct m2m_lwm2m_client *client,
                                    uint64_t now_ms,
                                    const struct m2m_lwm2m_server_account *account);

/**
 * Tells the client that a server is reached under another number now: after a new address or a
 * new security session. If it was registered there, it registers again.
 */
int32_t m2m_lwm2m_client_set_peer(struct m2m_lwm2m_client *client,
                                  uint64_t now_ms,
                                  uint16_t ssid,
                                  uint64_t peer);

/**
 * Tells the client that the connection which M2M_LWM2M_CONNECT asked for could not be made, or that
 * one is gone for good. It tries again later, as after other failures.
 */
int32_t m2m_lwm2m_client_connection_failed(struct m2m_lwm2m_client *client,
                                           uint64_t now_ms,
                                           uint16_t ssid);

/**
 * Adds a bootstrap server: an instance of the Security object (/0/x) with this address. Its
 * credentials are set in resources 2 to 5. hold_off_s (/0/x/11) is how long the client waits before
 * it asks; timeout_s (/0/x/12) how long after a bootstrap the account ends, 0 for never.
 * M2M_LWM2M_CONNECT with server 0 asks for a connection.
 *
 * Errors: M2M_EXISTS if there is one, M2M_FULL, M2M_NOT_ALLOWED if the library has no bootstrap.
 */
int32_t m2m_lwm2m_client_add_bootstrap_server(struct m2m_lwm2m_client *client,
                                              uint64_t now_ms,
                                              const char *uri,
                                              uint32_t hold_off_s,
                                              uint32_t timeout_s);

/**
 * Asks the bootstrap server for a bootstrap now. m2m_lwm2m_client_start() does so if there is no
 * other server, and the client by itself when it cannot register.
 *
 * Errors: M2M_NOT_ALLOWED without a bootstrap server, or while a bootstrap is under way.
 */
int32_t m2m_lwm2m_client_bootstrap(struct m2m_lwm2m_client *client, uint64_t now_ms);

/**
 * Starts to register to all servers, in the order and with the delays that their accounts say.
 * Without a server, the bootstrap server is asked.
 */
int32_t m2m_lwm2m_client_start(struct m2m_lwm2m_client *client, uint64_t now_ms);

/**
 * Registers to this server, now.
 */
int32_t m2m_lwm2m_client_register(struct m2m_lwm2m_client *client, uint64_t now_ms, uint16_t ssid);

/**
 * Sends an Update to this server, even if nothing changed. What changes, and the lifetime, are
 * told without being asked.
 */
int32_t m2m_lwm2m_client_update(struct m2m_lwm2m_client *client, uint64_t now_ms, uint16_t ssid);

/**
 * Sets awake to 1 while something is under way, or a server may expect the client to listen; else
 * to 0: then the radio may be off until m2m_lwm2m_client_poll_timeout(). Always 1 without queue mode.
 */
int32_t m2m_lwm2m_client_is_awake(const struct m2m_lwm2m_client *client,
                                  uint32_t *awake);

/**
 * Ends the registration to this server. M2M_LWM2M_DEREGISTERED comes when it is over.
 */
int32_t m2m_lwm2m_client_deregister(struct m2m_lwm2m_client *client,
                                    uint64_t now_ms,
                                    uint16_t ssid);

/**
 * The server cannot be reached for now (online is 0), or can again. Meanwhile nothing is sent to it, and
 * notifications are kept as /1/x/6 wants it; afterwards comes an Update, and then what was kept.
 */
int32_t m2m_lwm2m_client_set_online(struct m2m_lwm2m_client *client,
                                    uint64_t now_ms,
                                    uint16_t ssid,
                                    int32_t online);

/**
 * How far the registration to this server is.
 */
int32_t m2m_lwm2m_client_registration(const struct m2m_lwm2m_client *client,
                                      uint16_t ssid,
                                      struct m2m_lwm2m_registration *registration);

/**
 * Tells the client what time it is, in milliseconds since 1970-01-01T00:00:00Z: what servers see of
 * it (/3/0/13) goes on by itself. To be told again whenever the clock was set.
 */
int32_t m2m_lwm2m_client_set_wall_clock(struct m2m_lwm2m_client *client,
                                        uint64_t now_ms,
                                        int64_t unix_ms);

/**
 * Takes a datagram that arrived from a peer. now_ms is the time in milliseconds on a clock of the
 * caller's that never goes back, here as everywhere.
 *
 * A bad datagram is no error: M2M_OK if it had its effect, else M2M_DUPLICATE, M2M_REFUSED or
 * M2M_IGNORED. Then poll for datagrams to send, for events and for the deadline.
 */
int32_t m2m_lwm2m_client_handle_datagram(struct m2m_lwm2m_client *client,
                                         uint64_t now_ms,
                                         uint64_t peer,
                                         const uint8_t *data,
                                         size_t len);

/**
 * Tells the client that time has passed: to be called when m2m_lwm2m_client_poll_timeout() says.
 * Calling it early or twice is harmless.
 */
int32_t m2m_lwm2m_client_handle_timeout(struct m2m_lwm2m_client *client, uint64_t now_ms);

/**
 * Writes the next datagram to send into buf, which has room for cap bytes. M2M_NOTHING when there
 * is none. M2M_BUFFER_TOO_SMALL loses nothing; message_size of the configuration is enough.
 *
 * To be called after every other call that takes the time, until it returns M2M_NOTHING.
 */
int32_t m2m_lwm2m_client_poll_transmit(struct m2m_lwm2m_client *client,
                                       uint64_t now_ms,
                                       uint8_t *buf,
                                       size_t cap,
                                       struct m2m_transmit *transmit);

/**
 * The next thing that the application should know. M2M_NOTHING when there is none.
 *
 * Events are states rather than a log: for each server the latest about its registration, for each
 * path what a server last did there. So none is lost however late one asks, and none pile up.
 */
int32_t m2m_lwm2m_client_poll_event(struct m2m_lwm2m_client *client, struct m2m_lwm2m_event *event);

/**
 * When m2m_lwm2m_client_handle_timeout() should be called next, in milliseconds on the caller's
 * clock; M2M_NEVER when the client waits for nothing. May change with every call that takes the
 * time. M2M_NEVER also where another function would return an error.
 */
uint64_t m2m_lwm2m_client_poll_timeout(const struct m2m_lwm2m_client *client);

/**
 * What the client has counted.
 */
int32_t m2m_lwm2m_client_counters(const struct m2m_lwm2m_client *client,
                                  struct m2m_counters *counters);

/**
 * All the memory of the client in bytes, reserved when it was made. It never allocates again.
 */
int32_t m2m_lwm2m_client_reserved_bytes(const struct m2m_lwm2m_client *client, size_t *size);

/**
 * Makes the object instance at path (/3303/0), with its mandatory executable and multiple
 * resources. Other resources come with their values: m2m_lwm2m_client_set_float() and its like.
 */
int32_t m2m_lwm2m_client_add_instance(struct m2m_lwm2m_client *client,
                                      uint64_t now_ms,
                                      struct m2m_path path);

/**
 * Makes the resource at path (/3/0/5) where it has no value: an optional resource that is executed,
 * or a multiple resource without instances.
 */
int32_t m2m_lwm2m_client_add_resource(struct m2m_lwm2m_client *client,
                                      uint64_t now_ms,
                                      struct m2m_path path);

/**
 * Removes the object instance, resource or resource instance at path, with all below it.
 */
int32_t m2m_lwm2m_client_remove(struct m2m_lwm2m_client *client,
                                uint64_t now_ms,
                                struct m2m_path path);

/**
 * M2M_OK if there is something at path, M2M_NOTHING if not.
 */
int32_t m2m_lwm2m_client_contains(const struct m2m_lwm2m_client *client, struct m2m_path path);

/**
 * The path that comes after the path after, among those below the path below: to walk a part of
 * the tree, in its order, begin with after the same as below. M2M_NOTHING at the end. The tree may
 * change between two steps.
 */
int32_t m2m_lwm2m_client_next_path(const struct m2m_lwm2m_client *client,
                                   struct m2m_path below,
                                   struct m2m_path after,
                                   struct m2m_path *path);

/**
 * The type of the resource or resource instance at path: one of enum m2m_type. M2M_UNKNOWN_PATH if
 * there is none.
 */
int32_t m2m_lwm2m_client_get_type(const struct m2m_lwm2m_client *client,
                                  struct m2m_path path,
                                  int32_t *type);

/**
 * Sets the integer at path, a resource or resource instance whose object instance exists. Whoever
 * observes it is notified, as soon as their attributes allow.
 *
 * Errors, here and for the other types: M2M_UNKNOWN_OBJECT or M2M_UNKNOWN_PATH if nothing can be
 * there, M2M_WRONG_TYPE, M2M_OUT_OF_RANGE, M2M_FULL.
 */
int32_t m2m_lwm2m_client_set_integer(struct m2m_lwm2m_client *client,
                                     uint64_t now_ms,
                                     struct m2m_path path,
                                     int64_t value);

/**
 * Sets the unsigned integer at path.
 */
int32_t m2m_lwm2m_client_set_unsigned(struct m2m_lwm2m_client *client,
                                      uint64_t now_ms,
                                      struct m2m_path path,
                                      uint64_t value);

/**
 * Sets the floating-point number at path.
 */
int32_t m2m_lwm2m_client_set_float(struct m2m_lwm2m_client *client,
                                   uint64_t now_ms,
                                   struct m2m_path path,
                                   double value);

/**
 * Sets the boolean at path: false for 0, true for any other number.
 */
int32_t m2m_lwm2m_client_set_boolean(struct m2m_lwm2m_client *client,
                                     uint64_t now_ms,
                                     struct m2m_path path,
                                     int32_t value);

/**
 * Sets the time at path, in seconds since 1970-01-01T00:00:00Z.
 */
int32_t m2m_lwm2m_client_set_time(struct m2m_lwm2m_client *client,
                                  uint64_t now_ms,
                                  struct m2m_path path,
                                  int64_t value);

/**
 * Sets the object link at path. 65535 and 65535 link to nothing.
 */
int32_t m2m_lwm2m_client_set_objlnk(struct m2m_lwm2m_client *client,
                                    uint64_t now_ms,
                                    struct m2m_path path,
                                    uint16_t object,
                                    uint16_t instance);

/**
 * Sets the string at path: len bytes of UTF-8, without a NUL at the end.
 */
int32_t m2m_lwm2m_client_set_string(struct m2m_lwm2m_client *client,
                                    uint64_t now_ms,
                                    struct m2m_path path,
                                    const char *value,
                                    size_t len);

/**
 * Sets the opaque value at path.
 */
int32_t m2m_lwm2m_client_set_opaque(struct m2m_lwm2m_client *client,
                                    uint64_t now_ms,
                                    struct m2m_path path,
                                    const uint8_t *value,
                                    size_t len);

/**
 * Sets the links in the CoRE Link Format at path: len bytes of UTF-8.
 */
int32_t m2m_lwm2m_client_set_corelnk(struct m2m_lwm2m_client *client,
                                     uint64_t now_ms,
                                     struct m2m_path path,
                                     const char *value,
                                     size_t len);

/**
 * Gets the integer at path.
 *
 * Errors, here and for the other types: M2M_UNKNOWN_PATH if there is no value, M2M_WRONG_TYPE.
 */
int32_t m2m_lwm2m_client_get_integer(const struct m2m_lwm2m_client *client,
                                     struct m2m_path path,
                                     int64_t *value);

/**
 * Gets the unsigned integer at path.
 */
int32_t m2m_lwm2m_client_get_unsigned(const struct m2m_lwm2m_client *client,
                                      struct m2m_path path,
                                      uint64_t *value);

/**
 * Gets the floating-point number at path.
 */
int32_t m2m_lwm2m_client_get_float(const struct m2m_lwm2m_client *client,
                                   struct m2m_path path,
                                   double *value);

/**
 * Gets the boolean at path.
 */
int32_t m2m_lwm2m_client_get_boolean(const struct m2m_lwm2m_client *client,
                                     struct m2m_path path,
                                     bool *value);

/**
 * Gets the time at path, in seconds since 1970-01-01T00:00:00Z.
 */
int32_t m2m_lwm2m_client_get_time(const struct m2m_lwm2m_client *client,
                                  struct m2m_path path,
                                  int64_t *value);

/**
 * Gets the object link at path: both numbers are 65535 if it links to nothing.
 */
int32_t m2m_lwm2m_client_get_objlnk(const struct m2m_lwm2m_client *client,
                                    struct m2m_path path,
                                    uint16_t *object,
                                    uint16_t *instance);

/**
 * Copies the string at path into buf, and a NUL behind it. len gets its length in bytes without
 * the NUL. M2M_BUFFER_TOO_SMALL if cap is not above the length. With buf NULL and cap 0 only len
 * is written.
 */
int32_t m2m_lwm2m_client_get_string(const struct m2m_lwm2m_client *client,
                                    struct m2m_path path,
                                    char *buf,
                                    size_t cap,
                                    size_t *len);

/**
 * Copies the opaque value at path into buf. len gets its length. M2M_BUFFER_TOO_SMALL if cap is
 * below it. With buf NULL and cap 0 only len is written.
 */
int32_t m2m_lwm2m_client_get_opaque(const struct m2m_lwm2m_client *client,
                                    struct m2m_path path,
                                    uint8_t *buf,
                                    size_t cap,
                                    size_t *len);

/**
 * Copies the links at path into buf, as m2m_lwm2m_client_get_string() does.
 */
int32_t m2m_lwm2m_client_get_corelnk(const struct m2m_lwm2m_client *client,
                                     struct m2m_path path,
                                     char *buf,
                                     size_t cap,
                                     size_t *len);

/**
 * Copies the arguments of an execute into buf, as the server sent them (0='x',1), and a NUL behind
 * them. len gets their length without the NUL. With buf NULL and cap 0 only len is written.
 * M2M_UNKNOWN_ID once it was answered.
 */
int32_t m2m_lwm2m_client_arguments(const struct m2m_lwm2m_client *client,
                                   uint64_t id,
                                   char *buf,
                                   size_t cap,
                                   size_t *len);

/**
 * Answers an execute with M2M_COAP_CHANGED, or with an error of enum m2m_coap_code (any code of
 * class 4 or 5). M2M_UNKNOWN_ID if it was answered before.
 */
int32_t m2m_lwm2m_client_answer_execute(struct m2m_lwm2m_client *client,
                                        uint64_t now_ms,
                                        uint64_t id,
                                        int32_t code);

/**
 * Records what paths hold now, for the next m2m_lwm2m_client_send() to this server, which tells it
 * with the time.
 *
 * Errors: as of m2m_lwm2m_client_send().
 */
int32_t m2m_lwm2m_client_record(struct m2m_lwm2m_client *client,
                                uint64_t now_ms,
                                uint16_t ssid,
                                const struct m2m_path *paths,
                                size_t paths_len);

/**
 * Sends what paths hold now, and what was recorded for this server since the last time, in a
 * format of enum m2m_lwm2m_format. It waits while the client is not registered. id gets a number
 * that the event M2M_LWM2M_SENT or M2M_LWM2M_SEND_FAILED will name.
 *
 * Errors: M2M_NOT_ALLOWED if the server does not want it (/1/x/23 is not false), is registered
 * with LwM2M 1.0 or may not read a path; M2M_UNKNOWN_PATH, M2M_UNKNOWN_SERVER; M2M_INVALID for
 * another format, for nothing to send, and for more than M2M_LWM2M_SEND_PATHS paths; M2M_FULL.
 */
int32_t m2m_lwm2m_client_send(struct m2m_lwm2m_client *client,
                              uint64_t now_ms,
                              uint16_t ssid,
                              int32_t format,
                              const struct m2m_path *paths,
                              size_t paths_len,
                              uint64_t *id);

/**
 * Adds the Firmware Update object (/5/0) and runs its state machine: events of the kinds
 * M2M_LWM2M_PACKAGE_BLOCK to M2M_LWM2M_PACKAGE_CHANGED follow. m2m_object_5 has to be among the
 * client's objects, and packages of its configuration at least 1. M2M_INVALID for a record that the
 * library did not make; M2M_NOT_ALLOWED in a library without packages.
 */
int32_t m2m_lwm2m_client_add_firmware_update(struct m2m_lwm2m_client *client,
                                             uint64_t now_ms,
                                             const struct m2m_lwm2m_package_support *support);

/**
 * Runs the state machine of an instance of the Software Management object (/9/x), which is added
 * if no server has created it. Else as m2m_lwm2m_client_add_firmware_update(), with m2m_object_9.
 */
int32_t m2m_lwm2m_client_add_software(struct m2m_lwm2m_client *client,
                                      uint64_t now_ms,
                                      uint16_t instance,
                                      const struct m2m_lwm2m_package_support *support);

/**
 * Copies the bytes of a block that M2M_LWM2M_PACKAGE_BLOCK told into buf. len gets how many they
 * are: at most 1024, and no more than body_size of the configuration. With buf NULL and cap 0 only
 * len is written. M2M_UNKNOWN_ID once it was answered or is no longer wanted.
 */
int32_t m2m_lwm2m_client_package_block(const struct m2m_lwm2m_client *client,
                                       uint64_t id,
                                       uint8_t *buf,
                                       size_t cap,
                                       size_t *len);

/**
 * How many bytes the image has that is being transferred. M2M_NOTHING if nobody has told.
 */
int32_t m2m_lwm2m_client_package_size(const struct m2m_lwm2m_client *client,
                                      struct m2m_path package,
                                      uint32_t *size);

/**
 * Answers M2M_LWM2M_PACKAGE_CONNECT: the host of the URI is reached under this number from now on.
 * It may be that of a server.
 */
int32_t m2m_lwm2m_client_connect_package(struct m2m_lwm2m_client *client,
                                         uint64_t now_ms,
                                         uint64_t id,
                                         uint64_t peer);

/**
 * Answers what was asked about a package with one of enum m2m_lwm2m_package_answer.
 * M2M_UNKNOWN_ID if it is not asked any more: then it does not matter.
 */
int32_t m2m_lwm2m_client_answer_package(struct m2m_lwm2m_client *client,
                                        uint64_t now_ms,
                                        uint64_t id,
                                        int32_t answer);

/**
 * Updates the firmware with the package that is downloaded, without a server's asking: the user
 * who put it off agrees now. M2M_NOT_ALLOWED if none is downloaded.
 */
int32_t m2m_lwm2m_client_apply_firmware(struct m2m_lwm2m_client *client, uint64_t now_ms);

/**
 * Copies the record of a package into buf, for m2m_lwm2m_package_support after a restart. It is
 * another after each M2M_LWM2M_PACKAGE_CHANGED, and is to be stored before the next datagram is
 * sent. A buffer of M2M_LWM2M_PACKAGE_RECORD bytes is large enough. M2M_UNKNOWN_PATH if there is no
 * such package.
 */
int32_t m2m_lwm2m_client_package_record(const struct m2m_lwm2m_client *client,
                                        struct m2m_path package,
                                        uint8_t *buf,
                                        size_t cap,
                                        size_t *len);

/**
 * Polls all events and calls the function that handlers has for each, with user as its first
 * argument. The client is not inside a call while the function runs. M2M_NOTHING if there was no
 * event.
 *
 * An alternative to m2m_lwm2m_client_poll_event() for those who like their events that way.
 */
int32_t m2m_lwm2m_client_dispatch(struct m2m_lwm2m_client *client,
                                  uint64_t now_ms,
                                  const struct m2m_lwm2m_client_handlers *handlers,
                                  void *user);

/**
 * A whole number.
 */
struct m2m_number m2m_number_integer(int64_t value);

/**
 * A whole number that may be above INT64_MAX.
 */
struct m2m_number m2m_number_unsigned(uint64_t value);

/**
 * The number digits * 10^exponent: m2m_number_decimal(201, -1) is 20.1, to the digit. Beyond what
 * floating-point numbers reach the result is no number, and the function that it is passed to
 * returns M2M_INVALID.
 */
struct m2m_number m2m_number_decimal(int64_t digits, int32_t exponent);

/**
 * A floating-point number. Infinities and what is not a number are refused by the function that
 * it is passed to.
 */
struct m2m_number m2m_number_float(double value);

/**
 * Makes a reader of the pack of len bytes at data, in one of enum m2m_senml_format, by one of enum
 * m2m_senml_rules. Whatever the structure held before is forgotten.
 */
int32_t m2m_senml_reader_init(struct m2m_senml_reader *reader,
                              int32_t format_number,
                              int32_t rules_number,
                              const uint8_t *data,
                              size_t len);

/**
 * Reads the next record. M2M_NOTHING at the end of the pack. M2M_MALFORMED if what comes is not
 * what it should be: m2m_senml_reader_error() says more, and the reader is at its end. Records
 * before that were good.
 */
int32_t m2m_senml_reader_next(struct m2m_senml_reader *reader, struct m2m_senml_item *item);

/**
 * What is wrong, after M2M_MALFORMED: one of enum m2m_senml_error, and where, in bytes from the
 * start of the pack. M2M_NOTHING if nothing was wrong so far.
 */
int32_t m2m_senml_reader_error(const struct m2m_senml_reader *reader,
                               int32_t *error,
                               size_t *offset);

/**
 * Copies a text of the record that was read last into buf, and a NUL behind it: which is one of
 * enum m2m_senml_text. len gets its length in bytes without the NUL. M2M_NOTHING if the record has
 * no such text, M2M_WRONG_TYPE if its value is no text, M2M_BUFFER_TOO_SMALL if cap is not above the
 * length. With buf NULL and cap 0 only len is written.
 */
int32_t m2m_senml_reader_text(const struct m2m_senml_reader *reader,
                              int32_t which,
                              char *buf,
                              size_t cap,
                              size_t *len);

/**
 * Copies the data of the record that was read last into buf. len gets their length.
 * M2M_WRONG_TYPE if its value is not M2M_SENML_DATA, M2M_BUFFER_TOO_SMALL if cap is below the
 * length. With buf NULL and cap 0 only len is written.
 */
int32_t m2m_senml_reader_data(const struct m2m_senml_reader *reader,
                              uint8_t *buf,
                              size_t cap,
                              size_t *len);

/**
 * Makes a writer of a pack in one of enum m2m_senml_format, into buf, which has room for cap bytes.
 * count is how many records there will be; 0 if that is not known, which in CBOR makes an array of
 * indefinite length that some receivers do not read.
 */
int32_t m2m_senml_writer_init(struct m2m_senml_writer *writer,
                              int32_t format_number,
                              uint32_t count,
                              uint8_t *buf,
                              size_t cap);

/**
 * Writes a record behind those before. M2M_BUFFER_TOO_SMALL, M2M_INVALID and M2M_NOT_UTF8 leave the
 * pack as it was: it can be finished without the record, or another one written.
 * M2M_NOT_ALLOWED for more records than were announced, or when the pack is finished.
 */
int32_t m2m_senml_writer_record(struct m2m_senml_writer *writer,
                                const struct m2m_senml_record *record);

/**
 * Ends the pack: len gets its length, from the start of the buffer. Never for want of room.
 * M2M_NOT_ALLOWED if fewer records were written than announced. Calling it again says the same.
 */
int32_t m2m_senml_writer_finish(struct m2m_senml_writer *writer, size_t *len);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* M2M_H */
