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

/** The major part of the version of this header. */
#define M2M_VERSION_MAJOR 0
/** The minor part of it: before 1.0 another one is another interface. */
#define M2M_VERSION_MINOR 1
/** The last part of it. */
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
 * Words of a m2m_lwm2m_mqtt.
 */
#define M2M_LWM2M_MQTT_WORDS 24

/**
 * Words of a m2m_lwm2m_payload_reader.
 */
#define M2M_LWM2M_PAYLOAD_READER_WORDS 160

/**
 * Units such as ms and km/h (RFC 8798) may be in packs whose version says so (bver 26, RFC 9100): a number that is added
 * to one of enum m2m_senml_rules. m2m_senml_convert() converts them.
 */
#define M2M_SENML_SECONDARY_UNITS 16

/**
 * Words of a m2m_senml_reader.
 */
#define M2M_SENML_READER_WORDS 96

/**
 * Words of a m2m_senml_stream.
 */
#define M2M_SENML_STREAM_WORDS 160

/**
 * Words of a m2m_senml_writer.
 */
#define M2M_SENML_WRITER_WORDS 16

/**
 * Words of a m2m_oscore_context.
 */
#define M2M_OSCORE_CONTEXT_WORDS 40

/**
 * Words of a m2m_coap_reader.
 */
#define M2M_COAP_READER_WORDS 24

/**
 * Words of a m2m_coap_writer.
 */
#define M2M_COAP_WRITER_WORDS 8

/**
 * Words of a m2m_link_reader.
 */
#define M2M_LINK_READER_WORDS 24

/**
 * Words of a m2m_link_writer.
 */
#define M2M_LINK_WRITER_WORDS 8

/**
 * Max-Message-Size of CSM: the longest message that the sender takes, in bytes; 1152 without it. The numbers of the
 * options of signalling messages count for each code anew.
 */
#define M2M_COAP_MAX_MESSAGE_SIZE 2

/**
 * Block-Wise-Transfer of CSM: the sender knows it; with a Max-Message-Size above 1152, BERT too.
 */
#define M2M_COAP_BLOCK_WISE_TRANSFER 4

/**
 * Extended-Token-Length of CSM: the longest token that the sender takes in requests, in bytes (RFC 8974).
 */
#define M2M_COAP_EXTENDED_TOKEN_LENGTH 6

/**
 * Custody of Ping and Pong: the answer is to come when all that came before is processed, or does.
 */
#define M2M_COAP_CUSTODY 2

/**
 * Alternative-Address of Release: where to connect instead, host and port as in a URI. It may be repeated.
 */
#define M2M_COAP_ALTERNATIVE_ADDRESS 2

/**
 * Hold-Off of Release: for how many seconds not to connect again.
 */
#define M2M_COAP_HOLD_OFF 4

/**
 * Bad-CSM-Option of Abort: the number of the option of a CSM that could not be processed.
 */
#define M2M_COAP_BAD_CSM_OPTION 2

/**
 * Room for the name of a topic, and a NUL behind it.
 */
#define M2M_ONEM2M_TOPIC_SIZE 512

/**
 * Room for the name or address of a host, and a NUL behind it; also for the path of a URI.
 */
#define M2M_ONEM2M_HOST_SIZE 256

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
    /**
     * The options fill a message, or the body or a name is longer than the configuration or the
     * standard allows.
     */
    M2M_TOO_LONG = -19,
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
    /**
     * Close the connection id, once all that is to be sent to it is sent, and say so with
     * m2m_lwm2m_client_disconnected(). reason is one of enum m2m_stream_close.
     */
    M2M_LWM2M_CLOSE = 23,
    /**
     * A server reads the value at path, which is asked for, or its epmax is over: set it, then say so with
     * m2m_lwm2m_client_answer_value(), within a minute.
     */
    M2M_LWM2M_VALUE_WANTED = 24,
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
 * How far a bootstrap is.
 */
typedef enum m2m_lwm2m_bootstrapping {
    /**
     * None is under way or planned.
     */
    M2M_LWM2M_BOOTSTRAP_OFF = 0,
    /**
     * The next attempt comes at at_ms.
     */
    M2M_LWM2M_BOOTSTRAP_WAITING = 1,
    /**
     * The application is to make a connection.
     */
    M2M_LWM2M_BOOTSTRAP_CONNECTING = 2,
    /**
     * The bootstrap server was asked for one.
     */
    M2M_LWM2M_BOOTSTRAP_REQUESTING = 3,
    /**
     * The bootstrap server is at work; unless it is heard before at_ms, the bootstrap has failed.
     */
    M2M_LWM2M_BOOTSTRAP_OPEN = 4,
    /**
     * Something that this header does not know.
     */
    M2M_LWM2M_BOOTSTRAP_OTHER = 5,
} m2m_lwm2m_bootstrapping;

/**
 * Content formats of LwM2M, as CoAP numbers them; any other number will do where a payload is passed as it
 * is.
 */
typedef enum m2m_lwm2m_format {
    /**
     * text/plain: one value.
     */
    M2M_LWM2M_TEXT = 0,
    /**
     * application/link-format: what a Discover is answered with.
     */
    M2M_LWM2M_LINKS = 40,
    /**
     * application/octet-stream: one opaque value.
     */
    M2M_LWM2M_OCTETS = 42,
    /**
     * application/cbor: one value.
     */
    M2M_LWM2M_ONE_CBOR = 60,
    /**
     * SenML JSON.
     */
    M2M_LWM2M_SENML_JSON = 110,
    /**
     * SenML CBOR.
     */
    M2M_LWM2M_SENML_CBOR = 112,
    /**
     * SenML JSON for a Write-Composite that also removes (RFC 8790).
     */
    M2M_LWM2M_SENML_ETCH_JSON = 320,
    /**
     * SenML CBOR for a Write-Composite that also removes (RFC 8790).
     */
    M2M_LWM2M_SENML_ETCH_CBOR = 322,
    /**
     * TLV.
     */
    M2M_LWM2M_TLV = 11542,
    /**
     * The JSON of LwM2M 1.0.
     */
    M2M_LWM2M_OLD_JSON = 11543,
    /**
     * LwM2M CBOR, of LwM2M 1.2. It has no times.
     */
    M2M_LWM2M_CBOR = 11544,
} m2m_lwm2m_format;

/**
 * What is wrong with a payload.
 */
typedef enum m2m_lwm2m_payload_error {
    /**
     * Nothing, or something that this header does not know.
     */
    M2M_LWM2M_PAYLOAD_NO_ERROR = 0,
    /**
     * A format that the library does not read: answered with 4.15.
     */
    M2M_LWM2M_PAYLOAD_FORMAT = 1,
    /**
     * A format that cannot carry what the path names, such as an instance as text: answered with 4.15.
     */
    M2M_LWM2M_PAYLOAD_LEVEL = 2,
    /**
     * The bytes end within a field.
     */
    M2M_LWM2M_PAYLOAD_TRUNCATED = 3,
    /**
     * Bytes that the format does not allow.
     */
    M2M_LWM2M_PAYLOAD_SYNTAX = 4,
    /**
     * Bytes behind the end.
     */
    M2M_LWM2M_PAYLOAD_TRAILING_BYTES = 5,
    /**
     * Text that is not UTF-8.
     */
    M2M_LWM2M_PAYLOAD_NOT_UTF8 = 6,
    /**
     * Text that is not base64.
     */
    M2M_LWM2M_PAYLOAD_BASE64 = 7,
    /**
     * A value of another type than its resource.
     */
    M2M_LWM2M_PAYLOAD_TYPE = 8,
    /**
     * A number that the type of its resource does not hold.
     */
    M2M_LWM2M_PAYLOAD_RANGE = 9,
    /**
     * A path that is neither that of the payload nor below it.
     */
    M2M_LWM2M_PAYLOAD_OUTSIDE = 10,
    /**
     * ID 65535, or one above it.
     */
    M2M_LWM2M_PAYLOAD_RESERVED_ID = 11,
    /**
     * Not nested as instances, resources and resource instances are.
     */
    M2M_LWM2M_PAYLOAD_NESTING = 12,
    /**
     * A name that is not a path.
     */
    M2M_LWM2M_PAYLOAD_NAME = 13,
    /**
     * Something that must be understood and is not.
     */
    M2M_LWM2M_PAYLOAD_NOT_UNDERSTOOD = 14,
} m2m_lwm2m_payload_error;

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
     * 2.01 Created
     */
    M2M_COAP_CREATED = 65,
    /**
     * 2.02 Deleted
     */
    M2M_COAP_DELETED = 66,
    /**
     * 2.03 Valid
     */
    M2M_COAP_VALID = 67,
    /**
     * 2.04 Changed: done.
     */
    M2M_COAP_CHANGED = 68,
    /**
     * 2.05 Content
     */
    M2M_COAP_CONTENT = 69,
    /**
     * 2.31 Continue
     */
    M2M_COAP_CONTINUE = 95,
    /**
     * 4.00 Bad Request: the arguments are wrong.
     */
    M2M_COAP_BAD_REQUEST = 128,
    /**
     * 4.01 Unauthorized
     */
    M2M_COAP_UNAUTHORIZED = 129,
    /**
     * 4.02 Bad Option
     */
    M2M_COAP_BAD_OPTION = 130,
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
     * 4.06 Not Acceptable
     */
    M2M_COAP_NOT_ACCEPTABLE = 134,
    /**
     * 4.08 Request Entity Incomplete
     */
    M2M_COAP_REQUEST_ENTITY_INCOMPLETE = 136,
    /**
     * 4.09 Conflict
     */
    M2M_COAP_CONFLICT = 137,
    /**
     * 4.12 Precondition Failed
     */
    M2M_COAP_PRECONDITION_FAILED = 140,
    /**
     * 4.13 Request Entity Too Large
     */
    M2M_COAP_REQUEST_ENTITY_TOO_LARGE = 141,
    /**
     * 4.15 Unsupported Content-Format
     */
    M2M_COAP_UNSUPPORTED_CONTENT_FORMAT = 143,
    /**
     * 4.29 Too Many Requests
     */
    M2M_COAP_TOO_MANY_REQUESTS = 157,
    /**
     * 5.00 Internal Server Error: it was tried and failed.
     */
    M2M_COAP_INTERNAL_SERVER_ERROR = 160,
    /**
     * 5.01 Not Implemented
     */
    M2M_COAP_NOT_IMPLEMENTED = 161,
    /**
     * 5.02 Bad Gateway
     */
    M2M_COAP_BAD_GATEWAY = 162,
    /**
     * 5.03 Service Unavailable: not now.
     */
    M2M_COAP_SERVICE_UNAVAILABLE = 163,
    /**
     * 5.04 Gateway Timeout
     */
    M2M_COAP_GATEWAY_TIMEOUT = 164,
} m2m_coap_code;

/**
 * Types of messages (RFC 7252 section 4).
 */
typedef enum m2m_coap_type {
    /**
     * CON: wants an acknowledgement.
     */
    M2M_COAP_CON = 0,
    /**
     * NON: wants none.
     */
    M2M_COAP_NON = 1,
    /**
     * ACK: acknowledges a CON, and may carry the response to it.
     */
    M2M_COAP_ACK = 2,
    /**
     * RST: the message came, and nothing is known of what it is about.
     */
    M2M_COAP_RST = 3,
} m2m_coap_type;

/**
 * What is wrong with a message or a list of links.
 */
typedef enum m2m_coap_error {
    /**
     * Nothing, or something that this header does not know.
     */
    M2M_COAP_ERROR_NONE = 0,
    /**
     * The bytes end within a field.
     */
    M2M_COAP_ERROR_TRUNCATED = 1,
    /**
     * The version is not 1: such a message is ignored in silence.
     */
    M2M_COAP_ERROR_VERSION = 2,
    /**
     * A length of the token that is reserved.
     */
    M2M_COAP_ERROR_TOKEN_LENGTH = 3,
    /**
     * A code of class 1, 6 or 7.
     */
    M2M_COAP_ERROR_CLASS = 4,
    /**
     * An empty message (code 0.00) of more than 4 bytes.
     */
    M2M_COAP_ERROR_NOT_EMPTY = 5,
    /**
     * 15 for the delta or the length of an option, outside of a payload marker.
     */
    M2M_COAP_ERROR_OPTION = 6,
    /**
     * A number of an option above 65535.
     */
    M2M_COAP_ERROR_OPTION_NUMBER = 7,
    /**
     * A payload marker and no payload.
     */
    M2M_COAP_ERROR_NO_PAYLOAD = 8,
    /**
     * A type that the code does not go with, such as a request in an ACK.
     */
    M2M_COAP_ERROR_TYPE = 9,
    /**
     * Text that the grammar does not allow.
     */
    M2M_COAP_ERROR_SYNTAX = 10,
    /**
     * Text that is not UTF-8.
     */
    M2M_COAP_ERROR_NOT_UTF8 = 11,
    /**
     * A length over WebSocket, or one that the machine cannot address.
     */
    M2M_COAP_ERROR_LENGTH = 12,
} m2m_coap_error;

/**
 * What happened.
 */
typedef enum m2m_coap_event_kind {
    /**
     * Something that this header does not know. To be skipped.
     */
    M2M_COAP_UNKNOWN_EVENT = 0,
    /**
     * A peer asks for something: look at it with m2m_coap_endpoint_incoming(), answer it with
     * m2m_coap_endpoint_respond().
     */
    M2M_COAP_REQUEST = 1,
    /**
     * A block of the response to a request with stream is here, and more follow: look at it with
     * m2m_coap_endpoint_response(), go on with m2m_coap_endpoint_next_block().
     */
    M2M_COAP_BLOCK = 2,
    /**
     * A block of the body of a request with upload_len is wanted: m2m_coap_endpoint_wanted() says
     * which, m2m_coap_endpoint_supply() takes it.
     */
    M2M_COAP_BLOCK_WANTED = 3,
    /**
     * The observed state is here: look at it with m2m_coap_endpoint_response(), then
     * m2m_coap_endpoint_release() it. A newer one replaces one that was not looked at.
     */
    M2M_COAP_NOTIFICATION = 4,
    /**
     * A request is over, as outcome says. Comes exactly once for each.
     */
    M2M_COAP_DONE = 5,
    /**
     * An observer is no more, for the reason given.
     */
    M2M_COAP_OBSERVER_GONE = 6,
    /**
     * A record to keep for as long as the keys of a security context are, before the next datagram
     * is sent: after a restart the newest up_to goes into m2m_coap_security. id is the context.
     */
    M2M_COAP_SEQUENCE_RESERVED = 7,
    /**
     * The peer answered m2m_coap_endpoint_ping_connection(). custody is 1 if it has processed all
     * that went before.
     */
    M2M_COAP_CONNECTION_PONG = 8,
    /**
     * The peer wants its connection closed: m2m_coap_endpoint_signal() has what it said of it. What is under
     * way is finished, then M2M_COAP_CONNECTION_CLOSE follows.
     */
    M2M_COAP_CONNECTION_RELEASED = 9,
    /**
     * Close the connection peer, once all that is to be sent to it is sent, and say so with
     * m2m_coap_endpoint_disconnected(). reason is one of enum m2m_stream_close.
     */
    M2M_COAP_CONNECTION_CLOSE = 10,
    /**
     * One of a group has answered request: look at its response with
     * m2m_coap_endpoint_response() and release it, both with id. peer is whose it is.
     */
    M2M_COAP_GROUP_RESPONSE = 11,
} m2m_coap_event_kind;

/**
 * How a request ended.
 */
typedef enum m2m_coap_outcome {
    /**
     * It did not end, or in a way that this header does not know.
     */
    M2M_COAP_NO_OUTCOME = 0,
    /**
     * A response came, of whatever code: look at it with m2m_coap_endpoint_response(), then
     * m2m_coap_endpoint_release() it.
     */
    M2M_COAP_RESPONSE = 1,
    /**
     * Nothing came in time.
     */
    M2M_COAP_TIMED_OUT = 2,
    /**
     * The peer rejected the message.
     */
    M2M_COAP_RESET = 3,
    /**
     * The peer answered a ping.
     */
    M2M_COAP_PONG = 4,
    /**
     * No response came to a request whose No-Response option asked for none.
     */
    M2M_COAP_NO_RESPONSE_WANTED = 5,
    /**
     * m2m_coap_endpoint_cancel() ended it.
     */
    M2M_COAP_CANCELLED = 6,
    /**
     * The response is longer than the configuration allows.
     */
    M2M_COAP_TOO_LARGE = 7,
    /**
     * The peer broke the rules of transfers in blocks, or its resource changed with every block.
     */
    M2M_COAP_BROKEN = 8,
    /**
     * m2m_coap_endpoint_forget_peer() ended it, or the end of its security context.
     */
    M2M_COAP_PEER_DOWN = 9,
    /**
     * A protected request got an error that is not protected. Anybody may have made it. To be
     * looked at and released as M2M_COAP_RESPONSE.
     */
    M2M_COAP_UNPROTECTED = 10,
    /**
     * The time for responses to a request to a group is over.
     */
    M2M_COAP_COLLECTED = 11,
} m2m_coap_outcome;

/**
 * Why an observer is no more.
 */
typedef enum m2m_coap_observer_end {
    /**
     * For a reason that this header does not know.
     */
    M2M_COAP_OBSERVER_END_OTHER = 0,
    /**
     * It asked to be removed.
     */
    M2M_COAP_OBSERVER_DEREGISTERED = 1,
    /**
     * It asked again under the same token.
     */
    M2M_COAP_OBSERVER_REPLACED = 2,
    /**
     * It rejected a notification.
     */
    M2M_COAP_OBSERVER_REJECTED = 3,
    /**
     * It did not acknowledge a notification.
     */
    M2M_COAP_OBSERVER_TIMED_OUT = 4,
    /**
     * It was told an error, which is the last notification, or one was longer than it takes.
     */
    M2M_COAP_OBSERVER_REFUSED = 5,
    /**
     * As M2M_COAP_PEER_DOWN.
     */
    M2M_COAP_OBSERVER_PEER_DOWN = 6,
} m2m_coap_observer_end;

/**
 * Methods (RFC 7252, RFC 8132).
 */
typedef enum m2m_coap_method {
    /**
     * GET
     */
    M2M_COAP_GET = 1,
    /**
     * POST
     */
    M2M_COAP_POST = 2,
    /**
     * PUT
     */
    M2M_COAP_PUT = 3,
    /**
     * DELETE
     */
    M2M_COAP_DELETE = 4,
    /**
     * FETCH
     */
    M2M_COAP_FETCH = 5,
    /**
     * PATCH
     */
    M2M_COAP_PATCH = 6,
    /**
     * iPATCH
     */
    M2M_COAP_IPATCH = 7,
} m2m_coap_method;

/**
 * Numbers of options. Those that an endpoint sets itself, it does not take from a program: they are for messages
 * by themselves.
 */
typedef enum m2m_coap_option_number {
    /**
     * If-Match
     */
    M2M_COAP_IF_MATCH = 1,
    /**
     * Uri-Host
     */
    M2M_COAP_URI_HOST = 3,
    /**
     * ETag
     */
    M2M_COAP_ETAG = 4,
    /**
     * If-None-Match
     */
    M2M_COAP_IF_NONE_MATCH = 5,
    /**
     * Observe: 0 in a request asks for notifications, 1 for no more. An endpoint sets it.
     */
    M2M_COAP_OBSERVE = 6,
    /**
     * Uri-Port
     */
    M2M_COAP_URI_PORT = 7,
    /**
     * Location-Path
     */
    M2M_COAP_LOCATION_PATH = 8,
    /**
     * OSCORE (RFC 8613)
     */
    M2M_COAP_OSCORE = 9,
    /**
     * Uri-Path
     */
    M2M_COAP_URI_PATH = 11,
    /**
     * Content-Format
     */
    M2M_COAP_CONTENT_FORMAT = 12,
    /**
     * Max-Age
     */
    M2M_COAP_MAX_AGE = 14,
    /**
     * Uri-Query
     */
    M2M_COAP_URI_QUERY = 15,
    /**
     * Hop-Limit (RFC 8768)
     */
    M2M_COAP_HOP_LIMIT = 16,
    /**
     * Accept
     */
    M2M_COAP_ACCEPT = 17,
    /**
     * Q-Block1 (RFC 9177): as M2M_COAP_BLOCK1. An endpoint sets it.
     */
    M2M_COAP_Q_BLOCK1 = 19,
    /**
     * Location-Query
     */
    M2M_COAP_LOCATION_QUERY = 20,
    /**
     * EDHOC (RFC 9668)
     */
    M2M_COAP_EDHOC = 21,
    /**
     * Block2 (RFC 7959): as M2M_COAP_BLOCK1, of the body of a response. An endpoint sets it.
     */
    M2M_COAP_BLOCK2 = 23,
    /**
     * Block1 (RFC 7959): which block of the body of a request it is, value >> 4; 8 of the value if more follow; and
     * how large it is, 16 << (value & 7) bytes. An endpoint sets it.
     */
    M2M_COAP_BLOCK1 = 27,
    /**
     * Size2: length of the body of a response.
     */
    M2M_COAP_SIZE2 = 28,
    /**
     * Q-Block2 (RFC 9177): as M2M_COAP_BLOCK1, of the body of a response. An endpoint sets it.
     */
    M2M_COAP_Q_BLOCK2 = 31,
    /**
     * Proxy-Uri
     */
    M2M_COAP_PROXY_URI = 35,
    /**
     * Proxy-Scheme
     */
    M2M_COAP_PROXY_SCHEME = 39,
    /**
     * Size1: length of the body of a request. An endpoint sets it.
     */
    M2M_COAP_SIZE1 = 60,
    /**
     * Echo (RFC 9175)
     */
    M2M_COAP_ECHO = 252,
    /**
     * No-Response (RFC 7967)
     */
    M2M_COAP_NO_RESPONSE = 258,
    /**
     * Request-Tag (RFC 9175)
     */
    M2M_COAP_REQUEST_TAG = 292,
} m2m_coap_option_number;

/**
 * How the value of an option is read (RFC 7252 section 3.2).
 */
typedef enum m2m_coap_option_format {
    /**
     * No bytes.
     */
    M2M_COAP_FORMAT_EMPTY = 0,
    /**
     * Any bytes.
     */
    M2M_COAP_FORMAT_OPAQUE = 1,
    /**
     * An integer in network byte order, leading zero bytes left out.
     */
    M2M_COAP_FORMAT_UINT = 2,
    /**
     * UTF-8.
     */
    M2M_COAP_FORMAT_TEXT = 3,
} m2m_coap_option_format;

/**
 * Codes of the signalling messages of connections (RFC 8323 section 5).
 */
typedef enum m2m_coap_signal {
    /**
     * 7.01 CSM: what the sender can do, the first message of either side.
     */
    M2M_COAP_SIGNAL_CSM = 225,
    /**
     * 7.02 Ping
     */
    M2M_COAP_SIGNAL_PING = 226,
    /**
     * 7.03 Pong
     */
    M2M_COAP_SIGNAL_PONG = 227,
    /**
     * 7.04 Release: asks for the end of the connection.
     */
    M2M_COAP_SIGNAL_RELEASE = 228,
    /**
     * 7.05 Abort: the connection ends now.
     */
    M2M_COAP_SIGNAL_ABORT = 229,
} m2m_coap_signal;

/**
 * How to end a request or an observation.
 */
typedef enum m2m_coap_cancel {
    /**
     * Say nothing: a later notification is rejected.
     */
    M2M_COAP_FORGET = 0,
    /**
     * Ask the peer to remove the observation; M2M_COAP_DONE comes with its answer.
     */
    M2M_COAP_DEREGISTER = 1,
} m2m_coap_cancel;

/**
 * Whether the keys of a security context were in use before.
 */
typedef enum m2m_coap_history {
    /**
     * Never, by nobody.
     */
    M2M_COAP_NEW_KEYS = 0,
    /**
     * Before a restart: next is the newest up_to of M2M_COAP_SEQUENCE_RESERVED, or of the like of an LwM2M
     * server, 0 if there was none.
     */
    M2M_COAP_STORED_KEYS = 1,
    /**
     * Whatever it was: both ends agree upon new keys with the first request (RFC 8613 appendix B.2).
     * Nothing has to be kept. It takes a seed that is never used twice, and a peer that does the same.
     */
    M2M_COAP_RENEWED_KEYS = 2,
} m2m_coap_history;

/**
 * Why a message is not accepted (RFC 8613 sections 8.2 and 8.4). The code is the one that a request is answered
 * with, unprotected; a response is ignored.
 */
typedef enum m2m_oscore_error {
    /**
     * It was accepted, or was not for a reason that this header does not know.
     */
    M2M_OSCORE_ERROR_NONE = 0,
    /**
     * It is no message of CoAP: m2m_coap_reader_error() says more.
     */
    M2M_OSCORE_ERROR_MESSAGE = 1,
    /**
     * The OSCORE option is missing, not well formed, or lacks what the message must have: 4.02.
     */
    M2M_OSCORE_ERROR_OPTION = 2,
    /**
     * Its ids are those of another context: 4.01.
     */
    M2M_OSCORE_ERROR_OTHER_CONTEXT = 3,
    /**
     * Its Partial IV was seen before, or is too old to tell: 4.01.
     */
    M2M_OSCORE_ERROR_REPLAY = 4,
    /**
     * The ciphertext does not belong to these keys and this request: 4.00.
     */
    M2M_OSCORE_ERROR_DECRYPTION = 5,
    /**
     * What was encrypted is no message: 4.00.
     */
    M2M_OSCORE_ERROR_PLAINTEXT = 6,
} m2m_oscore_error;

/**
 * What happened.
 */
typedef enum m2m_lwm2m_server_event_kind {
    /**
     * Something that this header does not know. To be skipped.
     */
    M2M_LWM2M_SERVER_UNKNOWN_EVENT = 0,
    /**
     * A client registered.
     */
    M2M_LWM2M_SERVER_REGISTERED = 1,
    /**
     * A client updated its registration. changes says what is different.
     */
    M2M_LWM2M_SERVER_UPDATED = 2,
    /**
     * A registration ended, reason is one of enum m2m_lwm2m_end_reason. It can be looked at until the
     * next event is polled.
     */
    M2M_LWM2M_SERVER_DEREGISTERED = 3,
    /**
     * A client did not update its registration in time. It can be looked at until the next event is
     * polled.
     */
    M2M_LWM2M_SERVER_EXPIRED = 4,
    /**
     * The operation id was answered with code: look at it with m2m_lwm2m_server_content(), then
     * m2m_lwm2m_server_release() it.
     */
    M2M_LWM2M_SERVER_RESPONSE = 5,
    /**
     * The operation id has no answer, reason is one of enum m2m_lwm2m_operation_failure.
     */
    M2M_LWM2M_SERVER_FAILED = 6,
    /**
     * The notification id came: look at it with m2m_lwm2m_server_content(), then
     * m2m_lwm2m_server_release() it.
     */
    M2M_LWM2M_SERVER_NOTIFIED = 7,
    /**
     * A client sent content by itself (Send): id is looked at and released as a notification.
     */
    M2M_LWM2M_SERVER_SENT = 8,
    /**
     * An observation ended by itself. code is what the client answered, 0 if it did not.
     */
    M2M_LWM2M_SERVER_OBSERVATION_ENDED = 9,
    /**
     * Close the connection id, once all that is to be sent to it is sent, and say so with
     * m2m_lwm2m_server_disconnected(). reason is one of enum m2m_stream_close.
     */
    M2M_LWM2M_SERVER_CLOSE = 10,
    /**
     * A record to keep for as long as the keys of the security context id are, before the next datagram is
     * sent: after a restart the newest up_to goes into m2m_coap_security.
     */
    M2M_LWM2M_SERVER_SEQUENCE_RESERVED = 11,
} m2m_lwm2m_server_event_kind;

/**
 * Why a registration ended, other than by its lifetime.
 */
typedef enum m2m_lwm2m_end_reason {
    /**
     * For a reason that this header does not know.
     */
    M2M_LWM2M_END_OTHER = 0,
    /**
     * The client de-registered.
     */
    M2M_LWM2M_END_CLIENT = 1,
    /**
     * The client registered anew; its new registration follows.
     */
    M2M_LWM2M_END_REPLACED = 2,
    /**
     * m2m_lwm2m_server_remove()
     */
    M2M_LWM2M_END_REMOVED = 3,
    /**
     * It was a device behind a gateway, which no longer has it or is gone itself.
     */
    M2M_LWM2M_END_GATEWAY = 4,
} m2m_lwm2m_end_reason;

/**
 * Why an operation has no answer.
 */
typedef enum m2m_lwm2m_operation_failure {
    /**
     * For a reason that this header does not know.
     */
    M2M_LWM2M_NO_ANSWER = 0,
    /**
     * It was sent, and no answer came in time. It may have been carried out.
     */
    M2M_LWM2M_NO_ANSWER_TIMED_OUT = 1,
    /**
     * Its time passed before it could be sent.
     */
    M2M_LWM2M_NO_ANSWER_UNSENT = 2,
    /**
     * The client rejected it.
     */
    M2M_LWM2M_NO_ANSWER_RESET = 3,
    /**
     * The answer is longer than the configuration allows.
     */
    M2M_LWM2M_NO_ANSWER_TOO_LARGE = 4,
    /**
     * The client broke the rules of transfers in blocks.
     */
    M2M_LWM2M_NO_ANSWER_BROKEN = 5,
    /**
     * The peer is gone.
     */
    M2M_LWM2M_NO_ANSWER_PEER_DOWN = 6,
    /**
     * The registration ended.
     */
    M2M_LWM2M_NO_ANSWER_REGISTRATION_ENDED = 7,
    /**
     * The observation that it was to cancel is no more.
     */
    M2M_LWM2M_NO_ANSWER_OBSERVATION_ENDED = 8,
    /**
     * m2m_lwm2m_server_abort()
     */
    M2M_LWM2M_NO_ANSWER_ABORTED = 9,
} m2m_lwm2m_operation_failure;

/**
 * What an Update changed: a set of bits.
 */
typedef enum m2m_lwm2m_changes {
    /**
     * The client came from another peer.
     */
    M2M_LWM2M_CHANGED_ADDRESS = 1,
    /**
     * The lifetime.
     */
    M2M_LWM2M_CHANGED_LIFETIME = 2,
    /**
     * The binding or queue mode.
     */
    M2M_LWM2M_CHANGED_BINDING = 4,
    /**
     * The objects and instances.
     */
    M2M_LWM2M_CHANGED_LINKS = 8,
    /**
     * Additional parameters.
     */
    M2M_LWM2M_CHANGED_PARAMETERS = 16,
} m2m_lwm2m_changes;

/**
 * What to do with a client.
 */
typedef enum m2m_lwm2m_operation_kind {
    /**
     * Read path: an object, an instance, a resource or a resource instance.
     */
    M2M_LWM2M_READ = 1,
    /**
     * Write items to path; what is not among them is removed.
     */
    M2M_LWM2M_REPLACE = 2,
    /**
     * Write items to path, an instance or a multiple resource; what is not among them stays.
     */
    M2M_LWM2M_UPDATE = 3,
    /**
     * Execute the resource at path; text is its arguments (0='text',1).
     */
    M2M_LWM2M_EXECUTE = 4,
    /**
     * Create an instance of the object at path with items. Their paths have its ID.
     */
    M2M_LWM2M_CREATE = 5,
    /**
     * Delete the instance, or resource instance (1.2), at path.
     */
    M2M_LWM2M_DELETE = 6,
    /**
     * List what is below path, with its attributes.
     */
    M2M_LWM2M_DISCOVER = 7,
    /**
     * Set notification attributes of path: text is pmin=10&pmax=60; one without a value is unset.
     */
    M2M_LWM2M_WRITE_ATTRIBUTES = 8,
    /**
     * Read path and be notified of changes. text: attributes of this observation alone (1.2).
     */
    M2M_LWM2M_OBSERVE = 9,
    /**
     * Read paths (1.1).
     */
    M2M_LWM2M_READ_COMPOSITE = 10,
    /**
     * Write items anywhere, all or none (1.1).
     */
    M2M_LWM2M_WRITE_COMPOSITE = 11,
    /**
     * Read paths and be notified of changes (1.1). text: attributes of this observation alone.
     */
    M2M_LWM2M_OBSERVE_COMPOSITE = 12,
    /**
     * End observation by telling the client.
     */
    M2M_LWM2M_CANCEL_OBSERVATION = 13,
    /**
     * Only in m2m_lwm2m_pending: the server sets an observation up anew by itself.
     */
    M2M_LWM2M_RENEW = 14,
    /**
     * Only in m2m_lwm2m_pending: the server asks a gateway for its devices by itself.
     */
    M2M_LWM2M_SURVEY = 15,
} m2m_lwm2m_operation_kind;

/**
 * Where an operation is.
 */
typedef enum m2m_lwm2m_pending_state {
    /**
     * It waits for its turn, or for the client to wake up.
     */
    M2M_LWM2M_HELD = 0,
    /**
     * It was sent, and its answer is awaited.
     */
    M2M_LWM2M_IN_FLIGHT = 1,
    /**
     * It was answered.
     */
    M2M_LWM2M_ANSWERED = 2,
} m2m_lwm2m_pending_state;

/**
 * Whose content is looked at.
 */
typedef enum m2m_lwm2m_content_of {
    /**
     * The answer to an operation, by the id of M2M_LWM2M_SERVER_RESPONSE.
     */
    M2M_LWM2M_OF_RESPONSE = 1,
    /**
     * A notification or a Send, by the id of M2M_LWM2M_SERVER_NOTIFIED or M2M_LWM2M_SERVER_SENT.
     */
    M2M_LWM2M_OF_NOTIFICATION = 2,
} m2m_lwm2m_content_of;

/**
 * How a client secures the way to a server (/0/x/2).
 */
typedef enum m2m_lwm2m_security_mode {
    /**
     * Pre-shared key: identity and secret.
     */
    M2M_LWM2M_PSK = 0,
    /**
     * Raw public key: identity is the client's public key, secret its private one.
     */
    M2M_LWM2M_RPK = 1,
    /**
     * Certificate: identity is the client's, secret its private key.
     */
    M2M_LWM2M_CERTIFICATE = 2,
    /**
     * None.
     */
    M2M_LWM2M_NO_SECURITY = 3,
    /**
     * A certificate that the client gets by EST.
     */
    M2M_LWM2M_CERTIFICATE_BY_EST = 4,
} m2m_lwm2m_security_mode;

/**
 * What a step does.
 */
typedef enum m2m_lwm2m_bootstrap_step_kind {
    /**
     * Only in events: the client's request.
     */
    M2M_LWM2M_STEP_REQUEST = 0,
    /**
     * List what the client has (1.1). path: the root, or an object.
     */
    M2M_LWM2M_STEP_DISCOVER = 1,
    /**
     * Read path: the Server or Access Control object, or an instance of it (1.1).
     */
    M2M_LWM2M_STEP_READ = 2,
    /**
     * Write items at path, creating what is not there: an object with its instances, an instance, or a
     * resource.
     */
    M2M_LWM2M_STEP_WRITE = 3,
    /**
     * Delete path: the root, an object or an instance. The client keeps its bootstrap account and its
     * Device object.
     */
    M2M_LWM2M_STEP_DELETE = 4,
    /**
     * Say that all is written.
     */
    M2M_LWM2M_STEP_FINISH = 5,
    /**
     * Write account under instance. It becomes one Write for /0 and, unless it is a bootstrap account,
     * one for /1; both count as steps.
     */
    M2M_LWM2M_STEP_ACCOUNT = 6,
} m2m_lwm2m_bootstrap_step_kind;

/**
 * Whom a configuration is for.
 */
typedef enum m2m_lwm2m_bootstrap_rule {
    /**
     * The endpoint of this name.
     */
    M2M_LWM2M_RULE_ENDPOINT = 1,
    /**
     * Every endpoint whose name matches, where * stands for any characters. A rule for the endpoint
     * itself goes before patterns, a pattern with more other characters before those with fewer.
     */
    M2M_LWM2M_RULE_PATTERN = 2,
} m2m_lwm2m_bootstrap_rule;

/**
 * What happened.
 */
typedef enum m2m_lwm2m_bootstrap_event_kind {
    /**
     * Something that this header does not know. To be skipped.
     */
    M2M_LWM2M_SESSION_UNKNOWN_EVENT = 0,
    /**
     * A client that no rule is for asks for a bootstrap: answer with
     * m2m_lwm2m_bootstrap_server_accept() or m2m_lwm2m_bootstrap_server_refuse(). Only with ask in the
     * configuration.
     */
    M2M_LWM2M_SESSION_REQUESTED = 1,
    /**
     * A session began.
     */
    M2M_LWM2M_SESSION_STARTED = 2,
    /**
     * A client answered the given step with code. Of a Discover or Read,
     * m2m_lwm2m_bootstrap_server_answer() has what it answered.
     */
    M2M_LWM2M_SESSION_ANSWERED = 3,
    /**
     * A session is over, as outcome says; exactly once for each that was told of. It can be looked at
     * until the next event is polled.
     */
    M2M_LWM2M_SESSION_ENDED = 4,
    /**
     * Of no session: close the connection peer, once all that is to be sent to it is sent, and say so with
     * m2m_lwm2m_bootstrap_server_disconnected(). reason is one of enum m2m_stream_close.
     */
    M2M_LWM2M_SESSION_CLOSE = 5,
    /**
     * Of no session: a record to keep for as long as the keys of the security context are, before the next
     * datagram is sent: after a restart the newest up_to goes into m2m_coap_security.
     */
    M2M_LWM2M_SESSION_SEQUENCE_RESERVED = 6,
} m2m_lwm2m_bootstrap_event_kind;

/**
 * How a session ended.
 */
typedef enum m2m_lwm2m_bootstrap_outcome {
    /**
     * It did not end, or in a way that this header does not know.
     */
    M2M_LWM2M_SESSION_OPEN = 0,
    /**
     * The client confirmed Bootstrap-Finish: it has all that it needs.
     */
    M2M_LWM2M_SESSION_FINISHED = 1,
    /**
     * The client was given everything in one answer (Bootstrap-Pack, 1.2). Whether it could use it, it
     * does not tell.
     */
    M2M_LWM2M_SESSION_PACKED = 2,
    /**
     * m2m_lwm2m_bootstrap_server_refuse()
     */
    M2M_LWM2M_SESSION_DENIED = 3,
    /**
     * The client asked anew: another session took its place.
     */
    M2M_LWM2M_SESSION_REPLACED = 4,
    /**
     * The given step failed, for the reason given. The client discards what was written.
     */
    M2M_LWM2M_SESSION_FAILED = 5,
} m2m_lwm2m_bootstrap_outcome;

/**
 * Why a step failed.
 */
typedef enum m2m_lwm2m_bootstrap_failure {
    /**
     * It did not, or for a reason that this header does not know.
     */
    M2M_LWM2M_STEP_NO_FAILURE = 0,
    /**
     * The client answered with code.
     */
    M2M_LWM2M_STEP_REFUSED = 1,
    /**
     * No answer came in time, of the client or of the application.
     */
    M2M_LWM2M_STEP_TIMED_OUT = 2,
    /**
     * The session took longer than session_timeout_s.
     */
    M2M_LWM2M_STEP_EXPIRED = 3,
    /**
     * The client rejected the step.
     */
    M2M_LWM2M_STEP_RESET = 4,
    /**
     * What is to be written, or the answer, is longer than the configuration allows.
     */
    M2M_LWM2M_STEP_TOO_LARGE = 5,
    /**
     * No format that the client takes can express what is to be written.
     */
    M2M_LWM2M_STEP_FORMAT = 6,
    /**
     * The client broke the rules of transfers in blocks.
     */
    M2M_LWM2M_STEP_BROKEN = 7,
    /**
     * The peer is gone.
     */
    M2M_LWM2M_STEP_PEER_DOWN = 8,
    /**
     * There was no room for the answer to the client's request.
     */
    M2M_LWM2M_STEP_UNSENT = 9,
    /**
     * m2m_lwm2m_bootstrap_server_abort()
     */
    M2M_LWM2M_STEP_ABORTED = 10,
} m2m_lwm2m_bootstrap_failure;

/**
 * Which side of a topic.
 */
typedef enum m2m_lwm2m_mqtt_role {
    /**
     * The LwM2M client.
     */
    M2M_LWM2M_MQTT_DEVICE = 1,
    /**
     * The server or bootstrap server.
     */
    M2M_LWM2M_MQTT_SERVER = 2,
} m2m_lwm2m_mqtt_role;

/**
 * Which of a device's two topics.
 */
typedef enum m2m_lwm2m_mqtt_interface {
    /**
     * bs: with a bootstrap server.
     */
    M2M_LWM2M_MQTT_BOOTSTRAP = 1,
    /**
     * rd: with a server.
     */
    M2M_LWM2M_MQTT_REGISTRATION = 2,
} m2m_lwm2m_mqtt_interface;

/**
 * What a connection is.
 */
typedef enum m2m_stream_transport {
    /**
     * A stream of bytes: TCP, or TLS over it.
     */
    M2M_STREAM_TCP = 1,
    /**
     * WebSocket: one binary message for each that is taken or sent.
     */
    M2M_STREAM_WEBSOCKET = 2,
} m2m_stream_transport;

/**
 * Why a connection is to be closed.
 */
typedef enum m2m_stream_close {
    /**
     * For a reason that this header does not know.
     */
    M2M_STREAM_CLOSE_OTHER = 0,
    /**
     * The peer broke the protocol, and was told so by an Abort.
     */
    M2M_STREAM_CLOSE_BROKEN = 1,
    /**
     * The peer's first message was not its capabilities (CSM), or did not come in time.
     */
    M2M_STREAM_CLOSE_NO_CSM = 2,
    /**
     * The peer sent a message that is longer than it was told it may be.
     */
    M2M_STREAM_CLOSE_TOO_LONG = 3,
    /**
     * The peer sent an Abort.
     */
    M2M_STREAM_CLOSE_ABORTED = 4,
    /**
     * The peer sent a Release, and all that was under way is done.
     */
    M2M_STREAM_CLOSE_RELEASED = 5,
    /**
     * The peer did not answer a ping, or did not close the connection that was released.
     */
    M2M_STREAM_CLOSE_UNRESPONSIVE = 6,
    /**
     * m2m_coap_endpoint_abort_connection()
     */
    M2M_STREAM_CLOSE_COMMAND = 7,
} m2m_stream_close;

/**
 * The protocol that carries primitives.
 */
typedef enum m2m_onem2m_binding {
    /**
     * HTTP (TS-0009): a message over a connection of its own.
     */
    M2M_ONEM2M_HTTP = 0,
    /**
     * CoAP (TS-0008): datagrams.
     */
    M2M_ONEM2M_COAP = 1,
    /**
     * MQTT (TS-0010): publications by a broker.
     */
    M2M_ONEM2M_MQTT = 2,
    /**
     * WebSocket (TS-0020): messages over one connection.
     */
    M2M_ONEM2M_WEBSOCKET = 3,
} m2m_onem2m_binding;

/**
 * How much of the way to a resource an address spells out.
 */
typedef enum m2m_onem2m_scope {
    /**
     * base/ae: on the CSE that receives it.
     */
    M2M_ONEM2M_CSE_RELATIVE = 0,
    /**
     * /cse/...: on a CSE of the same service provider.
     */
    M2M_ONEM2M_SP_RELATIVE = 1,
    /**
     * //provider/cse/...: anywhere.
     */
    M2M_ONEM2M_ABSOLUTE = 2,
} m2m_onem2m_scope;

/**
 * What the value of an attribute is (TS-0004 table 6.3.3-1).
 */
typedef enum m2m_onem2m_kind {
    /**
     * xs:string
     */
    M2M_ONEM2M_TEXT = 0,
    /**
     * xs:token
     */
    M2M_ONEM2M_TOKEN = 1,
    /**
     * xs:anyURI, m2m:uri
     */
    M2M_ONEM2M_URI = 2,
    /**
     * Identifiers of entities and resources.
     */
    M2M_ONEM2M_ID = 3,
    /**
     * m2m:resourceName
     */
    M2M_ONEM2M_NAME = 4,
    /**
     * xs:NCName
     */
    M2M_ONEM2M_NCNAME = 5,
    /**
     * xs:boolean
     */
    M2M_ONEM2M_BOOLEAN = 6,
    /**
     * xs:nonNegativeInteger
     */
    M2M_ONEM2M_UNSIGNED = 7,
    /**
     * xs:unsignedInt
     */
    M2M_ONEM2M_UNSIGNED_INT = 8,
    /**
     * xs:positiveInteger
     */
    M2M_ONEM2M_POSITIVE = 9,
    /**
     * xs:integer
     */
    M2M_ONEM2M_INTEGER = 10,
    /**
     * xs:float, xs:double
     */
    M2M_ONEM2M_FLOAT = 11,
    /**
     * m2m:timestamp: m2m_onem2m_timestamp_read()
     */
    M2M_ONEM2M_TIMESTAMP = 12,
    /**
     * m2m:absRelTimestamp: m2m_onem2m_time_resolve()
     */
    M2M_ONEM2M_ABS_REL_TIMESTAMP = 13,
    /**
     * xs:duration: m2m_onem2m_duration_read()
     */
    M2M_ONEM2M_DURATION = 14,
    /**
     * xs:base64Binary
     */
    M2M_ONEM2M_BASE64 = 15,
    /**
     * m2m:scheduleEntry: m2m_onem2m_schedule_next()
     */
    M2M_ONEM2M_SCHEDULE = 16,
    /**
     * At most 15 digits.
     */
    M2M_ONEM2M_IMSI = 17,
    /**
     * 10 to 20 digits.
     */
    M2M_ONEM2M_ICCID = 18,
    /**
     * m2m:ipv4
     */
    M2M_ONEM2M_IPV4 = 19,
    /**
     * m2m:ipv6
     */
    M2M_ONEM2M_IPV6 = 20,
    /**
     * Coordinates of GeoJSON.
     */
    M2M_ONEM2M_COORDINATES = 21,
    /**
     * m2m:resourceType; 0 stands for mixed.
     */
    M2M_ONEM2M_TYPE_OF_RESOURCE = 22,
    /**
     * Any JSON but null.
     */
    M2M_ONEM2M_ANY = 23,
    /**
     * Any object of JSON.
     */
    M2M_ONEM2M_OBJECT = 24,
    /**
     * A number of the enumeration that type_name names.
     */
    M2M_ONEM2M_ENUMERATION = 25,
    /**
     * An object with the members of the type that type_name names: m2m_onem2m_member_at().
     */
    M2M_ONEM2M_COMPLEX = 26,
} m2m_onem2m_kind;

/**
 * Whether a request carries an attribute.
 */
typedef enum m2m_onem2m_optionality {
    /**
     * It must not: only the hosting CSE sets it.
     */
    M2M_ONEM2M_NOT_PRESENT = 0,
    /**
     * It may.
     */
    M2M_ONEM2M_MAY = 1,
    /**
     * It must.
     */
    M2M_ONEM2M_MUST = 2,
} m2m_onem2m_optionality;

/**
 * How an address names the resource on its CSE (TS-0001 table 7.2-1).
 */
typedef enum m2m_onem2m_form {
    /**
     * The CSE itself.
     */
    M2M_ONEM2M_FORM_CSE = 0,
    /**
     * By names from the CSEBase on.
     */
    M2M_ONEM2M_FORM_STRUCTURED = 1,
    /**
     * By its resource identifier.
     */
    M2M_ONEM2M_FORM_UNSTRUCTURED = 2,
    /**
     * By the identifier of a resource above it, then names.
     */
    M2M_ONEM2M_FORM_HYBRID = 3,
} m2m_onem2m_form;

/**
 * Who an originator is.
 */
typedef enum m2m_onem2m_originator_kind {
    /**
     * An AE that registers and wants an identifier: C, S or nothing.
     */
    M2M_ONEM2M_REGISTERING = 0,
    /**
     * An AE.
     */
    M2M_ONEM2M_OF_AE = 1,
    /**
     * A CSE, or an AE with an identifier of the service provider's (S...).
     */
    M2M_ONEM2M_OF_ENTITY = 2,
} m2m_onem2m_originator_kind;

/**
 * How primitives and their content are written. What comes and goes between an application and the
 * library is JSON with each of them.
 */
typedef enum m2m_onem2m_serialization {
    /**
     * JSON.
     */
    M2M_ONEM2M_JSON = 0,
    /**
     * CBOR.
     */
    M2M_ONEM2M_CBOR = 1,
    /**
     * XML.
     */
    M2M_ONEM2M_XML = 2,
} m2m_onem2m_serialization;

/**
 * Kinds of CSEs (m2m:cseTypeID).
 */
typedef enum m2m_onem2m_cse_type {
    /**
     * In the infrastructure: it registers nowhere.
     */
    M2M_ONEM2M_IN_CSE = 1,
    /**
     * In a gateway.
     */
    M2M_ONEM2M_MN_CSE = 2,
    /**
     * On a device.
     */
    M2M_ONEM2M_ASN_CSE = 3,
} m2m_onem2m_cse_type;

/**
 * What happened.
 */
typedef enum m2m_onem2m_event_kind {
    /**
     * Something that this header does not know. To be skipped.
     */
    M2M_ONEM2M_UNKNOWN_EVENT = 0,
    /**
     * The AE is registered. again is 1 if the CSE had it already.
     */
    M2M_ONEM2M_REGISTERED = 1,
    /**
     * Registration did not succeed; status is the answer. again is 1 if it is tried again by itself.
     */
    M2M_ONEM2M_REGISTRATION_FAILED = 2,
    /**
     * The CSE no longer has the AE, nor anything below it. It registers anew.
     */
    M2M_ONEM2M_REGISTRATION_LOST = 3,
    /**
     * The AE is deleted.
     */
    M2M_ONEM2M_DEREGISTERED = 4,
    /**
     * A request is over, as outcome and status say. Comes exactly once for each. A response is
     * looked at with m2m_onem2m_ae_content(), then released.
     */
    M2M_ONEM2M_DONE = 5,
    /**
     * A notification came: look at it with m2m_onem2m_ae_notification(), answer it with
     * m2m_onem2m_ae_answer().
     */
    M2M_ONEM2M_NOTIFIED = 6,
} m2m_onem2m_event_kind;

/**
 * How a request ended.
 */
typedef enum m2m_onem2m_outcome {
    /**
     * It did not end.
     */
    M2M_ONEM2M_NO_OUTCOME = 0,
    /**
     * With a response, which may be a refusal: see status.
     */
    M2M_ONEM2M_RESPONSE = 1,
    /**
     * No answer came in time. A CREATE may have been done.
     */
    M2M_ONEM2M_TIMED_OUT = 2,
    /**
     * It could not be delivered.
     */
    M2M_ONEM2M_UNDELIVERABLE = 3,
    /**
     * The application gave it up, or the registration was lost before it was sent.
     */
    M2M_ONEM2M_CANCELLED = 4,
} m2m_onem2m_outcome;

/**
 * What to do with a resource.
 */
typedef enum m2m_onem2m_operation {
    /**
     * Create a resource of resource_type below to, with content.
     */
    M2M_ONEM2M_CREATE = 1,
    /**
     * Read to.
     */
    M2M_ONEM2M_RETRIEVE = 2,
    /**
     * Change the attributes of to that content has; null removes one.
     */
    M2M_ONEM2M_UPDATE = 3,
    /**
     * Delete to and what is below it.
     */
    M2M_ONEM2M_DELETE = 4,
    /**
     * Look for resources below to; with resource_type, for those of this type. The content of the
     * response lists them: {"m2m:uril":["cse-in/ae/data"]}.
     */
    M2M_ONEM2M_DISCOVER = 100,
} m2m_onem2m_operation;

/**
 * Types of resources (m2m:resourceType); any other number will do.
 */
typedef enum m2m_onem2m_resource_type {
    /**
     * accessControlPolicy
     */
    M2M_ONEM2M_ACP = 1,
    /**
     * AE
     */
    M2M_ONEM2M_AE = 2,
    /**
     * container
     */
    M2M_ONEM2M_CNT = 3,
    /**
     * contentInstance
     */
    M2M_ONEM2M_CIN = 4,
    /**
     * CSEBase
     */
    M2M_ONEM2M_CB = 5,
    /**
     * group
     */
    M2M_ONEM2M_GRP = 9,
    /**
     * pollingChannel
     */
    M2M_ONEM2M_PCH = 15,
    /**
     * remoteCSE
     */
    M2M_ONEM2M_CSR = 16,
    /**
     * request
     */
    M2M_ONEM2M_REQ = 17,
    /**
     * subscription
     */
    M2M_ONEM2M_SUB = 23,
    /**
     * flexContainer
     */
    M2M_ONEM2M_FCNT = 28,
    /**
     * timeSeries
     */
    M2M_ONEM2M_TS = 29,
    /**
     * timeSeriesInstance
     */
    M2M_ONEM2M_TSI = 30,
} m2m_onem2m_resource_type;

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
 * How a pack is encoded (RFC 8428 sections 5 to 7).
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
    /**
     * application/senml+xml, in CoAP 310. M2M_INVALID in a library without it.
     */
    M2M_SENML_XML = 310,
} m2m_senml_format;

/**
 * What a document is.
 */
typedef enum m2m_senml_document {
    /**
     * A pack, which has an end (SenML): m2m_senml_reader.
     */
    M2M_SENML_PACK = 1,
    /**
     * Records one after the other (SensML): m2m_senml_stream.
     */
    M2M_SENML_STREAM = 2,
    /**
     * A fetch or patch pack: m2m_senml_fetch(), m2m_senml_patch().
     */
    M2M_SENML_ETCH = 3,
} m2m_senml_document;

/**
 * What is done with the base fields of a pack, and what its names and values must be. The bits of features that the
 * program understands may be added (M2M_SENML_SECONDARY_UNITS): a pack that needs others is refused.
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
     * Not what the format is.
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
    /**
     * A fetch or patch pack without records.
     */
    M2M_SENML_EMPTY_PACK = 19,
    /**
     * A record of a stream that is longer than the memory for it, or base fields that are.
     */
    M2M_SENML_TOO_LONG = 20,
    /**
     * A document type declaration, in XML.
     */
    M2M_SENML_DOCUMENT_TYPE = 21,
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
 * A CoAP endpoint, client and server at once: it sends requests and answers those of others, with
 * observations (RFC 7641), bodies in blocks (RFC 7959) and OSCORE (RFC 8613).
 *
 * All memory that it ever uses is reserved when it is made. Any thread may use it, one at a time.
 */
typedef struct m2m_coap_endpoint m2m_coap_endpoint;

/**
 * An LwM2M bootstrap server: it gives clients their accounts and keys, by rules that are set beforehand
 * or when a client asks. It opens no socket and reads no clock.
 *
 * Its memory grows with what it holds, within the configuration. Any thread may use it, one at a time.
 * Rules are not kept over a restart: the application sets them again.
 */
typedef struct m2m_lwm2m_bootstrap_server m2m_lwm2m_bootstrap_server;

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
 * An LwM2M server: devices register with it, and it reads, writes, executes and observes their
 * objects. It opens no socket and reads no clock.
 *
 * Its memory grows with what it holds, within the configuration. Any thread may use it, one at a time.
 */
typedef struct m2m_lwm2m_server m2m_lwm2m_server;

/**
 * An application entity of oneM2M: it registers with a CSE, keeps its registration, and creates, reads,
 * changes and deletes resources there. It opens no socket and reads no clock. By the binding of its
 * configuration, it gives messages of HTTP, each to be sent over a connection of its own, datagrams of
 * CoAP, publications of MQTT or messages of a WebSocket, and takes what came back.
 *
 * Its memory grows with what it holds, within the configuration. Any thread may use it, one at a time.
 */
typedef struct m2m_onem2m_ae m2m_onem2m_ae;

/**
 * A common services entity of oneM2M: it keeps a tree of resources, lets AEs and other CSEs register, and
 * notifies who subscribed. It opens no socket and reads no clock: requests come as bytes of HTTP
 * connections, datagrams of CoAP, publications of MQTT or messages of WebSockets, and its own requests go out
 * in the same ways.
 *
 * Its memory grows with what it holds, within the configuration. Any thread may use it, one at a time.
 */
typedef struct m2m_onem2m_cse m2m_onem2m_cse;

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
 * When messages of CoAP are repeated and given up (RFC 7252 section 4.8), as a part of configurations, whose
 * functions fill it with the defaults.
 */
typedef struct m2m_coap_parameters {
    /**
     * ACK_TIMEOUT in milliseconds, at least 1000. Default: 2000.
     */
    uint32_t ack_timeout_ms;
    /**
     * ACK_RANDOM_FACTOR in per cent, 100 to 1000. Default: 150.
     */
    uint32_t ack_random_percent;
    /**
     * MAX_RETRANSMIT, up to 20. Default: 4.
     */
    uint32_t max_retransmit;
    /**
     * NSTART: interactions outstanding with one peer at a time, 1 to 255. Default: 1.
     */
    uint32_t nstart;
    /**
     * MAX_LATENCY in milliseconds: longest time that a datagram takes to arrive. Default: 100 seconds.
     */
    uint32_t max_latency_ms;
    /**
     * How many milliseconds a request waits for its answer before an empty acknowledgement goes out
     * in its stead. Less than the peer's ACK_TIMEOUT. Default: 1000.
     */
    uint32_t separate_after_ms;
    /**
     * How many milliseconds an acknowledged request waits for its response. Default: 93 seconds.
     */
    uint32_t response_timeout_ms;
    /**
     * Bytes of a token, 1 to 8. Less than 4 can be guessed by an attacker off the path. Default: 8.
     */
    uint32_t token_length;
    /**
     * Largest size exponent of blocks, 0 to 6: 16 to 1024 bytes. Default: 6.
     */
    uint32_t block_szx;
} m2m_coap_parameters;

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
     * Object instances, resources and resource instances held, 18 bytes each: up to 65535. An
     * account takes about 16, the Device object 4 and what the application sets.
     */
    uint32_t values;
    /**
     * Bytes for strings and opaque values that are longer than 7 bytes.
     */
    uint32_t text_size;
    /**
     * Notification attributes that servers attach, 18 bytes each: up to 65535.
     */
    uint32_t attributes;
    /**
     * Paths in lists that servers observe or read at once, 12 bytes each: up to 65535.
     */
    uint32_t paths;
    /**
     * Bytes for notifications that are kept while servers cannot be told: 12 for each, and 11
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
     * When messages are repeated and given up.
     */
    struct m2m_coap_parameters parameters;
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
    /**
     * Things that are kept over a restart (accounts, registrations, attributes, access control), up to
     * 65535: m2m_lwm2m_client_poll_journal() tells them. 0, the default: none.
     */
    uint32_t records;
    /**
     * Devices behind the client, whose gateway it is, up to 255: m2m_lwm2m_client_add_device() adds one.
     * Default: 0; without effect in a library without gateways.
     */
    uint32_t devices;
    /**
     * Objects of all these devices together, 24 bytes each: up to 255.
     */
    uint32_t device_objects;
    /**
     * OSCORE: security contexts, one for each server, or bootstrap server, that has keys in object 21.
     * Default: 0; without effect in a library without OSCORE. With records, their sequence numbers are kept
     * over a restart; without, both ends agree upon new keys after each start (RFC 8613 appendix B.2).
     */
    uint32_t security_contexts;
    /**
     * Resources whose values are asked for when they are read, up to 255:
     * m2m_lwm2m_client_ask_when_read(). Default: 8, of the small configuration 0; without effect in a
     * library without them.
     */
    uint32_t asked;
    /**
     * One of enum m2m_lwm2m_version: what to register with where the account does not come from
     * m2m_lwm2m_client_add_server(), which names it. Default: 1.1; without effect in a library whose accounts
     * do not come by themselves.
     */
    int32_t version;
    /**
     * Always 0.
     */
    uint32_t reserved;
    /**
     * Number (MSISDN, without a plus sign) at which the client takes SMS. NULL: not told; nor in a library
     * whose accounts do not come by themselves.
     */
    const char *sms_number;
    /**
     * Profile ID of LwM2M 1.2: a name for the list of objects as it is when the client registers first,
     * sent in its place. NULL: none. Without effect in a library without LwM2M 1.2.
     */
    const char *profile;
    /**
     * Alternate path: a slash and up to 16 letters, digits, -, _ and ., which are not digits alone. Servers
     * name everything of the client behind it. NULL: none. Without effect in a library without
     * gateways.
     */
    const char *alternate_path;
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
     * The oldest version to fall back to, one after the other, where the server does not take a newer one
     * (4.12). Default: 1.0, which it is in a library whose accounts do not come by themselves.
     */
    int32_t oldest;
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
     * Where to: the number that the application gave the peer's address.
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
     * Names an execute until it is answered, what was sent, or a connection.
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
 * What an engine has counted since it was made. Each number wraps.
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
    /**
     * Protected messages that were not authentic, replayed, or under no known security context.
     */
    uint32_t insecure;
} m2m_counters;

/**
 * An argument of an execute.
 */
typedef struct m2m_lwm2m_argument {
    /**
     * Its value, without a NUL behind it; NULL for an argument that is only there.
     */
    const char *value;
    /**
     * How long that is.
     */
    size_t value_len;
    /**
     * Which argument it is, 0 to 9.
     */
    int32_t digit;
} m2m_lwm2m_argument;

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
    /**
     * For M2M_LWM2M_CONNECT. Without it, servers that were not added with a connection are not reached.
     */
    m2m_lwm2m_handler connect;
    /**
     * For M2M_LWM2M_CLOSE.
     */
    m2m_lwm2m_handler close;
    /**
     * For M2M_LWM2M_BOOTSTRAPPED.
     */
    m2m_lwm2m_handler bootstrapped;
    /**
     * For M2M_LWM2M_BOOTSTRAP_FAILED.
     */
    m2m_lwm2m_handler bootstrap_failed;
    /**
     * For M2M_LWM2M_ASLEEP.
     */
    m2m_lwm2m_handler asleep;
    /**
     * For M2M_LWM2M_VALUE_WANTED. Without it the value is the one that was set last.
     */
    m2m_lwm2m_handler value_wanted;
} m2m_lwm2m_client_handlers;

/**
 * What connections an engine may have. Fill it with m2m_stream_config_init(), then change members.
 */
typedef struct m2m_stream_config {
    /**
     * Size of this structure, which tells the library the version of the caller's header.
     */
    size_t struct_size;
    /**
     * Connections at one time, up to 65535.
     */
    uint32_t connections;
    /**
     * Longest message to take and to send, in bytes, 64 to 2^24: the peer is told. As many are reserved for
     * each connection, pool_size of the engine has to be above it, and a buffer of this size is large enough
     * for what is to be sent.
     */
    uint32_t message_size;
    /**
     * How long to wait for the peer's first message, in milliseconds.
     */
    uint32_t csm_timeout_ms;
    /**
     * After how long a silence to send a ping, in milliseconds; 0, the default: never.
     */
    uint32_t keepalive_ms;
    /**
     * How long to wait for the answer to a ping, in milliseconds.
     */
    uint32_t pong_timeout_ms;
    /**
     * How long to wait for the peer to close a connection, in milliseconds.
     */
    uint32_t release_timeout_ms;
} m2m_stream_config;

/**
 * The mapping of one side of one topic: it turns the datagrams of an engine into publications, and
 * publications into datagrams. It lies wherever the program puts it and is not freed.
 * m2m_lwm2m_mqtt_init() makes it ready.
 *
 * MQTT delivers: for a datagram that was published, the engine is given m2m_lwm2m_mqtt_acknowledgement(), if
 * there is one. There are no blocks: message_size of the engine has to hold the longest body. What has no key in
 * the standard (a registration with queue mode, a profile) is M2M_NOT_ALLOWED.
 */
typedef struct m2m_lwm2m_mqtt {
    /**
     * The library's business.
     */
    uint64_t state[M2M_LWM2M_MQTT_WORDS];
} m2m_lwm2m_mqtt;

/**
 * A request of HTTP. Fill it with m2m_lwm2m_http_request_init(), then set what it has.
 */
typedef struct m2m_lwm2m_http_request {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * "GET", "POST", "PUT" or "DELETE".
     */
    const char *method;
    /**
     * Path and query, percent-encoded: "/rd?ep=meter".
     */
    const char *target;
    /**
     * Content-Type of the body, NULL if there is none. Parameters of it are passed over.
     */
    const char *content_type;
    /**
     * Accept: the one media type that is wanted, without parameters; NULL for any.
     */
    const char *accept;
    /**
     * The body.
     */
    const uint8_t *body;
    /**
     * Its length.
     */
    size_t body_len;
} m2m_lwm2m_http_request;

/**
 * A response of HTTP. Fill it with m2m_lwm2m_http_response_init(), then set what it has.
 */
typedef struct m2m_lwm2m_http_response {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * Status code, such as 200.
     */
    int32_t status;
    /**
     * Always 0.
     */
    uint32_t reserved;
    /**
     * Location: path or URI of what was created, NULL if nothing was.
     */
    const char *location;
    /**
     * Content-Type of the body, NULL if there is none. Parameters of it are passed over.
     */
    const char *content_type;
    /**
     * The body.
     */
    const uint8_t *body;
    /**
     * Its length.
     */
    size_t body_len;
} m2m_lwm2m_http_response;

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
 * What a payload is and what it is about. Fill it with m2m_lwm2m_payload_init(), then set format and path.
 */
typedef struct m2m_lwm2m_payload {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * Its content format, one of enum m2m_lwm2m_format. Default: M2M_LWM2M_SENML_CBOR.
     */
    int32_t format;
    /**
     * Not 0: it is that of a Create on the object that path names. Instances without an ID have 65535 in its
     * place.
     */
    int32_t create;
    /**
     * What the request that carries it, or that it answers, is about. Default: the root, for composite
     * operations and Send.
     */
    struct m2m_path path;
    /**
     * What stands before the object in names: the alternate path or a device behind a gateway, with its slash
     * (/lwm2m). NULL for nothing. Only SenML has names.
     */
    const char *prefix;
    /**
     * Registered objects whose types are known besides those of Security (0), Server (1) and Device (3):
     * &m2m_object_3303 and so on. TLV and text do not tell types, and the others not all of them: what is known
     * of no object has the type that it looks like.
     */
    const struct m2m_standard_object *const *standard_objects;
    /**
     * How many they are.
     */
    size_t standard_objects_len;
    /**
     * Objects of the application's own whose types are known.
     */
    const struct m2m_object *objects;
    /**
     * How many they are.
     */
    size_t objects_len;
} m2m_lwm2m_payload;

/**
 * A value to write.
 */
typedef struct m2m_lwm2m_item {
    /**
     * Where, from the object down.
     */
    struct m2m_path path;
    /**
     * Its type, one of enum m2m_type. M2M_NO_TYPE: an instance without resources, or a multiple
     * resource without instances.
     */
    int32_t type;
    /**
     * Of M2M_INTEGER and M2M_TIME the value; of M2M_BOOLEAN false for 0.
     */
    int64_t integer;
    /**
     * Of M2M_UNSIGNED: the value.
     */
    uint64_t natural;
    /**
     * Of M2M_FLOAT: the value.
     */
    double real;
    /**
     * Of M2M_OBJLNK: object and instance.
     */
    uint16_t link[2];
    /**
     * Of M2M_STRING, M2M_CORELNK and M2M_OPAQUE: the value.
     */
    const uint8_t *data;
    /**
     * Its length in bytes.
     */
    size_t len;
    /**
     * When the value was so: 0 for not told, 1 if time is counted from now, 2 if it is counted from
     * 1970-01-01T00:00:00Z. Only SenML tells it.
     */
    int32_t time_kind;
    /**
     * Seconds, with a time_kind other than 0.
     */
    struct m2m_number time;
} m2m_lwm2m_item;

/**
 * Reads a payload value by value. It lies wherever the program puts it, needs no memory beside and is not freed.
 * m2m_lwm2m_payload_reader_init() makes it ready.
 *
 * The payload, the prefix and the tables of objects are not copied: they must stay where they are, as they are, as
 * long as the reader is used.
 */
typedef struct m2m_lwm2m_payload_reader {
    /**
     * The library's business.
     */
    uint64_t state[M2M_LWM2M_PAYLOAD_READER_WORDS];
} m2m_lwm2m_payload_reader;

/**
 * A value in a content.
 */
typedef struct m2m_lwm2m_value {
    /**
     * Where.
     */
    struct m2m_path path;
    /**
     * Its type, one of enum m2m_type: that of the object's definition if that is known, else what it
     * looks like. M2M_NO_TYPE: an instance without resources, or a multiple resource without instances.
     */
    int32_t type;
    /**
     * Of M2M_INTEGER and M2M_TIME the value, of M2M_BOOLEAN 0 or 1.
     */
    int64_t integer;
    /**
     * Of M2M_UNSIGNED: the value.
     */
    uint64_t natural;
    /**
     * Of M2M_FLOAT: the value.
     */
    double real;
    /**
     * Of M2M_OBJLNK: object and instance.
     */
    uint16_t link[2];
    /**
     * Of M2M_STRING, M2M_CORELNK and M2M_OPAQUE: length in bytes.
     */
    size_t len;
    /**
     * When the value was so: 0 if the client did not tell, 1 if time is counted from now, 2 if it is
     * counted from 1970-01-01T00:00:00Z.
     */
    int32_t time_kind;
    /**
     * Seconds, of a kind other than M2M_NO_NUMBER if the client told them.
     */
    struct m2m_number time;
    /**
     * 1: what is there is to be removed (SenML ETCH). Its type is M2M_NO_TYPE.
     */
    int32_t removed;
} m2m_lwm2m_value;

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
 * Reads a pack, or a stream of records without an end (RFC 8428 section 4.8), while its bytes arrive. It lies
 * wherever the program puts it, needs no memory but what m2m_senml_stream_init() is given, and is not freed.
 *
 * A record that is in one piece is not copied: bytes that m2m_senml_stream_read() got must stay where they are until
 * the texts and data of that record have been read.
 */
typedef struct m2m_senml_stream {
    /**
     * The library's business.
     */
    uint64_t state[M2M_SENML_STREAM_WORDS];
} m2m_senml_stream;

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

/**
 * A media type of SenML.
 */
typedef struct m2m_senml_media_type {
    /**
     * The number of its content format in CoAP.
     */
    int32_t content_format;
    /**
     * One of enum m2m_senml_document.
     */
    int32_t document;
    /**
     * One of enum m2m_senml_format; 0 if the library does not read it (EXI).
     */
    int32_t format;
} m2m_senml_media_type;

/**
 * What the data of a record are, as the fields ct and bct tell it (M2M_SENML_CONTENT_FORMAT, RFC 9193).
 */
typedef struct m2m_senml_data_format {
    /**
     * A content format of CoAP; -1 for a content type.
     */
    int32_t content_format;
    /**
     * The content type, such as text/csv;header=present, without a NUL behind it; NULL with a content format.
     */
    const char *content_type;
    /**
     * How long that is.
     */
    size_t content_type_len;
    /**
     * How it is coded, such as gzip; NULL if it is not.
     */
    const char *coding;
    /**
     * How long that is.
     */
    size_t coding_len;
} m2m_senml_data_format;

/**
 * What a CoAP endpoint is made with. Fill it with m2m_coap_config_init(), then change members.
 */
typedef struct m2m_coap_config {
    /**
     * Size of this structure, which tells the library the version of the caller's header.
     */
    size_t struct_size;
    /**
     * Whatever the application wants to find by the handle: m2m_coap_endpoint_tag().
     */
    uint64_t tag;
    /**
     * Longest datagram to send, 64 to 65535 bytes. A buffer of this size is large enough for
     * m2m_coap_endpoint_poll_transmit(). RFC 7252 suggests 1152.
     */
    uint32_t message_size;
    /**
     * Longest body, in bytes, to assemble from blocks or to serve in blocks.
     */
    uint32_t body_size;
    /**
     * Own requests under way, observations of others included.
     */
    uint32_t exchanges;
    /**
     * Peers' requests in progress or remembered to recognise duplicates.
     */
    uint32_t requests;
    /**
     * Observers of own resources.
     */
    uint32_t observers;
    /**
     * Bodies under way in blocks.
     */
    uint32_t transfers;
    /**
     * Peers with whom there is something under way or was lately.
     */
    uint32_t peers;
    /**
     * Security contexts of OSCORE.
     */
    uint32_t security_contexts;
    /**
     * Bytes for all messages and bodies held at one time.
     */
    uint32_t pool_size;
    /**
     * When messages are repeated and given up.
     */
    struct m2m_coap_parameters parameters;
    /**
     * Not 0: register again for an observation of which nothing was heard for Max-Age and a little
     * more (RFC 7641 section 3.3.1).
     */
    uint32_t renew_observations;
    /**
     * Not 0: peers must show that they receive at their address before they get large answers or
     * change anything (RFC 9175 section 2.4). For servers that anybody may send to.
     */
    uint32_t verify;
    /**
     * Not 0: bodies that come in blocks are told block by block, and are not limited by body_size.
     */
    uint32_t stream_uploads;
    /**
     * How long an Echo value counts, and a peer that has sent one back is believed, in seconds, up to 18
     * hours. Default: 300.
     */
    uint32_t fresh_for_s;
    /**
     * Within how many milliseconds the response to a request to a group goes out, at random. Default: 5000.
     */
    uint32_t leisure_ms;
    /**
     * Not 0: requests with Proxy-Uri or Proxy-Scheme go to the application, which is a proxy. Else they get
     * 5.05.
     */
    uint32_t proxy;
    /**
     * Critical options that are not in the registry and that the application understands: the first
     * number. Default: 0, none.
     */
    uint32_t understood_first;
    /**
     * And the last one.
     */
    uint32_t understood_last;
    /**
     * Q-Block (RFC 9177): how many blocks go out at a time, 1 to 32, the same at both ends. Default: 10;
     * without effect in a library without Q-Block.
     */
    uint32_t q_block_payloads;
    /**
     * Q-Block: the shortest pause between two sets of blocks, in milliseconds. Default: 2000.
     */
    uint32_t q_block_pause_ms;
    /**
     * Q-Block: how long a missing block is waited for before it is asked for, in milliseconds, at least a
     * second more than one and a half pauses. Default: 4000.
     */
    uint32_t q_block_wait_ms;
    /**
     * Q-Block: bytes a second to a peer that does not answer, at least 1. Default: 1.
     */
    uint32_t q_block_probing_rate;
} m2m_coap_config;

/**
 * An event. Members that the kind does not speak of are 0.
 */
typedef struct m2m_coap_event {
    /**
     * What happened: one of enum m2m_coap_event_kind. A later library may have more of them.
     */
    int32_t kind;
    /**
     * How a request ended: one of enum m2m_coap_outcome.
     */
    int32_t outcome;
    /**
     * Why an observer is no more: one of enum m2m_coap_observer_end; why a connection is to be closed.
     */
    int32_t reason;
    /**
     * Of M2M_COAP_CONNECTION_PONG: 1 if the peer has processed all that went before the ping.
     */
    int32_t custody;
    /**
     * The request, the peer's request, the observer or the security context.
     */
    uint64_t id;
    /**
     * Of a peer's request: who asks; of a connection: its number.
     */
    uint64_t peer;
    /**
     * Of M2M_COAP_SEQUENCE_RESERVED: one above the last number that may be used.
     */
    uint64_t up_to;
    /**
     * Of M2M_COAP_GROUP_RESPONSE: the request of m2m_coap_endpoint_request_group().
     */
    uint64_t request;
} m2m_coap_event;

/**
 * An option of a message.
 */
typedef struct m2m_coap_option {
    /**
     * Its number: one of enum m2m_coap_option_number or another.
     */
    uint16_t number;
    /**
     * Its value: bytes, text without a NUL, or a number in network order without zeros in front.
     */
    const uint8_t *value;
    /**
     * Length of the value.
     */
    size_t len;
} m2m_coap_option;

/**
 * A request to send. Fill it with m2m_coap_request_init(), then set what it has.
 */
typedef struct m2m_coap_request {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * One of enum m2m_coap_method. Default: GET.
     */
    int32_t method;
    /**
     * 1: CON, is repeated until it is acknowledged. 0: NON. Default: 1.
     */
    int32_t confirmable;
    /**
     * The path: sensors/1 or /sensors/1. NULL: none.
     */
    const char *path;
    /**
     * The query: rt=light&n=2. NULL: none.
     */
    const char *query;
    /**
     * Content-Format of the payload, -1 for none. Default: -1.
     */
    int32_t content_format;
    /**
     * Accept, -1 for any. Default: -1.
     */
    int32_t accept;
    /**
     * Other options.
     */
    const struct m2m_coap_option *options;
    /**
     * How many they are.
     */
    size_t options_len;
    /**
     * The body. One that is longer than a block goes in blocks.
     */
    const uint8_t *payload;
    /**
     * Its length.
     */
    size_t payload_len;
    /**
     * Not 0: observe (RFC 7641). With GET and FETCH.
     */
    int32_t observe;
    /**
     * Not 0: M2M_COAP_BLOCK tells each block of the response, instead of the whole one at its end.
     */
    int32_t stream;
    /**
     * Not 0: length of a body that is supplied block by block, as M2M_COAP_BLOCK_WANTED asks for it.
     * Then payload_len is 0.
     */
    uint32_t upload_len;
    /**
     * Ask for this block of the response alone, by its number; -1, the default: for all of it.
     */
    int32_t block;
    /**
     * Security context to send it under: 0 for that which is bound to the peer, if there is one.
     */
    uint64_t security;
    /**
     * Size of the block, as an exponent: 0 to 6 for 16 to 1024 bytes.
     */
    uint32_t block_szx;
    /**
     * Not 0: use Q-Block options (RFC 9177) if the peer knows them. M2M_NOT_ALLOWED in a library without.
     */
    int32_t q_block;
    /**
     * The token, up to 8 bytes, for those who debug; NULL: a random one, which nobody can guess.
     */
    const uint8_t *token;
    /**
     * Its length.
     */
    size_t token_len;
} m2m_coap_request;

/**
 * A response or notification to send. Fill it with m2m_coap_response_init(), then set what it has.
 */
typedef struct m2m_coap_response {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * One of enum m2m_coap_code, or any other code of class 2, 4 or 5. Default: 2.05.
     */
    int32_t code;
    /**
     * Content-Format of the payload, -1 for none. Default: -1.
     */
    int32_t content_format;
    /**
     * Max-Age in seconds, -1 for 60, which is not sent. Default: -1.
     */
    int64_t max_age;
    /**
     * Location-Path of what was created: a/b or /a/b. NULL: none.
     */
    const char *location_path;
    /**
     * Other options.
     */
    const struct m2m_coap_option *options;
    /**
     * How many they are.
     */
    size_t options_len;
    /**
     * The body. One that is longer than a block is served in blocks.
     */
    const uint8_t *payload;
    /**
     * Its length.
     */
    size_t payload_len;
    /**
     * Not 0: grant the observation that the request asks for.
     */
    int32_t observe;
    /**
     * Of a notification: not 0 to send it as CON. One in 24 hours goes as CON anyway.
     */
    int32_t confirmable;
    /**
     * The payload is one block of a body of this many bytes, which the application gives block by block: that
     * of wanted_block in wanted_size bytes. 0, the default: the payload is the whole body.
     */
    size_t piece_total;
    /**
     * Of such a block: a number that is the same for all blocks of a body, and another when it has changed.
     */
    uint32_t piece_etag;
    /**
     * Always 0.
     */
    uint32_t reserved;
} m2m_coap_response;

/**
 * A message that came. Its options and its payload are copied by functions of their own.
 */
typedef struct m2m_coap_message {
    /**
     * Code, class in the upper 3 bits and detail in the lower 5: one of enum m2m_coap_method or enum
     * m2m_coap_code, or another.
     */
    int32_t code;
    /**
     * Content-Format, -1 if there is none.
     */
    int32_t content_format;
    /**
     * Accept, -1 if there is none.
     */
    int32_t accept;
    /**
     * Of a request: 1 if it asks to observe, 0 if it asks to observe no more, -1 if neither.
     */
    int32_t observe;
    /**
     * Of a request: 1 if it came as CON.
     */
    int32_t confirmable;
    /**
     * Of a request: 1 if it carries an Echo value that this peer got lately, so that it is not an old
     * one that was recorded (RFC 9175 section 2.3).
     */
    int32_t fresh;
    /**
     * Who sent it.
     */
    uint64_t peer;
    /**
     * The security context that it came under; 0 if it came unprotected.
     */
    uint64_t security;
    /**
     * Length of the payload, assembled if it came in blocks.
     */
    size_t payload_len;
    /**
     * Max-Age in seconds: for how long a response is fresh.
     */
    uint32_t max_age;
    /**
     * Of a request with stream_uploads: the number of the block of the body that the payload is, and
     * of a response with stream; -1 for a body that is whole.
     */
    int32_t block;
    /**
     * Of such a block: 1 if more follow.
     */
    int32_t more;
    /**
     * Of such a block: its offset in the body, in bytes.
     */
    uint32_t offset;
    /**
     * Of a request: the number of the block of the response that it asks for, -1 if it names none.
     */
    int32_t wanted_block;
    /**
     * And the size of that block in bytes, 0 if it names none.
     */
    uint32_t wanted_size;
    /**
     * Of a request: 1 if it came to a group.
     */
    int32_t multicast;
    /**
     * Always 0.
     */
    uint32_t reserved;
} m2m_coap_message;

/**
 * What a security context is made of. Set all to zero first, then struct_size to the size of this
 * structure.
 */
typedef struct m2m_coap_security {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * The shared secret: at least 16 random bytes make it one.
     */
    const uint8_t *master_secret;
    /**
     * Its length.
     */
    size_t master_secret_len;
    /**
     * The salt, may be empty.
     */
    const uint8_t *master_salt;
    /**
     * Its length.
     */
    size_t master_salt_len;
    /**
     * The own id, at most 7 bytes.
     */
    const uint8_t *sender_id;
    /**
     * Its length.
     */
    size_t sender_id_len;
    /**
     * The peer's id, another than the own.
     */
    const uint8_t *recipient_id;
    /**
     * Its length.
     */
    size_t recipient_id_len;
    /**
     * Tells contexts with the same ids apart, at most 32 bytes. NULL: none.
     */
    const uint8_t *id_context;
    /**
     * Its length.
     */
    size_t id_context_len;
    /**
     * The algorithm by its number in the registry of COSE; 0 for AES-CCM-16-64-128, which is 10.
     */
    int32_t aead;
    /**
     * One of enum m2m_coap_history.
     */
    int32_t history;
    /**
     * Of M2M_COAP_STORED_KEYS: the next sequence number.
     */
    uint64_t next;
} m2m_coap_security;

/**
 * A security context as it is now. Ids are as long as their length says.
 */
typedef struct m2m_oscore_view {
    /**
     * The sequence number of the next message.
     */
    uint64_t next;
    /**
     * One above the last sequence number that may be used (RFC 8613 appendix B.1.1).
     */
    uint64_t reserved;
    /**
     * One above the largest Partial IV that was received in a request; 0 before the first.
     */
    uint64_t received;
    /**
     * Which of the last were received: bit i is that of received - 1 - i. Older ones count as received.
     */
    uint32_t seen;
    /**
     * 1 while it is not known what was received before a restart: no request is accepted (RFC 8613 appendix B.1.2).
     */
    int32_t lost;
    /**
     * The algorithm by its number in the registry of COSE.
     */
    int32_t aead;
    /**
     * 1 if there is an ID context.
     */
    int32_t has_id_context;
    /**
     * Length of the own id.
     */
    size_t sender_id_len;
    /**
     * Length of the peer's id.
     */
    size_t recipient_id_len;
    /**
     * Length of the ID context.
     */
    size_t id_context_len;
    /**
     * The own id.
     */
    uint8_t sender_id[8];
    /**
     * The peer's id.
     */
    uint8_t recipient_id[8];
    /**
     * The ID context, the one that was agreed upon of M2M_COAP_RENEWED_KEYS.
     */
    uint8_t id_context[32];
} m2m_oscore_view;

/**
 * A security context by itself, without an endpoint: keys, sender sequence number and replay window. It lies
 * wherever the program puts it, needs no memory beside and is not freed; it holds keys. m2m_oscore_context_init()
 * makes it ready.
 *
 * Its messages are datagrams, as m2m_coap_writer writes them and m2m_coap_reader reads them.
 */
typedef struct m2m_oscore_context {
    /**
     * The library's business.
     */
    uint64_t state[M2M_OSCORE_CONTEXT_WORDS];
} m2m_oscore_context;

/**
 * What an OSCORE option says (RFC 8613 section 6.1): it tells whose message it is.
 */
typedef struct m2m_oscore_option {
    /**
     * Partial IV, the sender's sequence number, at most 2^40 - 1; UINT64_MAX if there is none.
     */
    uint64_t piv;
    /**
     * ID context; NULL if there is none.
     */
    const uint8_t *kid_context;
    /**
     * Its length.
     */
    size_t kid_context_len;
    /**
     * The sender's id; NULL if there is none.
     */
    const uint8_t *kid;
    /**
     * Its length.
     */
    size_t kid_len;
} m2m_oscore_option;

/**
 * Reads a message by itself, without an endpoint. It lies wherever the program puts it, needs no memory beside
 * and is not freed. m2m_coap_reader_init() makes it ready.
 *
 * The datagram is not copied: its bytes must stay where they are, as they are, as long as the reader and what it
 * gave are used.
 */
typedef struct m2m_coap_reader {
    /**
     * The library's business.
     */
    uint64_t state[M2M_COAP_READER_WORDS];
} m2m_coap_reader;

/**
 * A message, but for its options. What it points to lies in the datagram.
 */
typedef struct m2m_coap_header {
    /**
     * One of enum m2m_coap_type.
     */
    int32_t type;
    /**
     * Code, class in the upper 3 bits and detail in the lower 5: 0 for an empty message, one of enum
     * m2m_coap_method or enum m2m_coap_code, or another.
     */
    int32_t code;
    /**
     * The message ID.
     */
    uint16_t id;
    /**
     * The token.
     */
    const uint8_t *token;
    /**
     * Its length: 0 to 8, up to 65804 from those who know RFC 8974.
     */
    size_t token_len;
    /**
     * The payload.
     */
    const uint8_t *payload;
    /**
     * Its length, 0 if there is none.
     */
    size_t payload_len;
} m2m_coap_header;

/**
 * Writes a message by itself, without an endpoint. It lies wherever the program puts it, needs no memory beside
 * and is not freed. m2m_coap_writer_init() makes it ready.
 *
 * The buffer is the writer's until it has finished.
 */
typedef struct m2m_coap_writer {
    /**
     * The library's business.
     */
    uint64_t state[M2M_COAP_WRITER_WORDS];
} m2m_coap_writer;

/**
 * Reads a list of links (RFC 6690), such as a device answers to a Discover or to GET /.well-known/core. It lies
 * wherever the program puts it, needs no memory beside and is not freed. m2m_link_reader_init() makes it ready.
 *
 * The list is not copied: its bytes must stay where they are, as they are, as long as the reader and what it gave
 * are used.
 */
typedef struct m2m_link_reader {
    /**
     * The library's business.
     */
    uint64_t state[M2M_LINK_READER_WORDS];
} m2m_link_reader;

/**
 * A link. Its text lies in the list and has no NUL behind it.
 */
typedef struct m2m_link {
    /**
     * What stands between < and >, as it was written: percent-encoding is not undone.
     */
    const char *target;
    /**
     * Its length in bytes.
     */
    size_t target_len;
    /**
     * 0 for what LwM2M 1.0 puts in front of a list: parameters without a target (lwm2m=1.0,</0/0>).
     */
    int32_t has_target;
    /**
     * How many parameters it has.
     */
    uint32_t parameters;
} m2m_link;

/**
 * A parameter of a link, as it was written. Its texts lie in the list and have no NUL behind them.
 */
typedef struct m2m_link_parameter {
    /**
     * Its name.
     */
    const char *name;
    /**
     * Length of the name in bytes.
     */
    size_t name_len;
    /**
     * Its value, without quotation marks; if there were some, a backslash may stand before any character
     * (m2m_link_reader_value() takes them out).
     */
    const char *value;
    /**
     * Length of the value in bytes.
     */
    size_t value_len;
    /**
     * 0 for a flag, which has no value: obs.
     */
    int32_t has_value;
    /**
     * Not 0: there were quotation marks.
     */
    int32_t quoted;
} m2m_link_parameter;

/**
 * Writes a list of links (RFC 6690). It lies wherever the program puts it, needs no memory beside and is not freed.
 * m2m_link_writer_init() makes it ready. What does not fit leaves the list as it was.
 *
 * The buffer is the writer's until m2m_link_writer_finish().
 */
typedef struct m2m_link_writer {
    /**
     * The library's business.
     */
    uint64_t state[M2M_LINK_WRITER_WORDS];
} m2m_link_writer;

/**
 * What an option is. Of one that is not in the registry, the number alone says critical, unsafe_to_forward and
 * no_cache_key, and the rest is 0.
 */
typedef struct m2m_coap_option_properties {
    /**
     * 1 if who does not understand it must refuse the message.
     */
    int32_t critical;
    /**
     * 1 if a proxy that does not understand it must not forward the message.
     */
    int32_t unsafe_to_forward;
    /**
     * 1 if it is left out of a cache key.
     */
    int32_t no_cache_key;
    /**
     * 1 if it is in the registry, as far as the library knows that.
     */
    int32_t known;
    /**
     * 1 if it may occur more than once.
     */
    int32_t repeatable;
    /**
     * One of enum m2m_coap_option_format.
     */
    int32_t format;
    /**
     * The shortest value, in bytes.
     */
    uint16_t least;
    /**
     * The longest value, in bytes.
     */
    uint16_t most;
} m2m_coap_option_properties;

/**
 * What a server is made with. Fill it with m2m_lwm2m_server_config_init(), then change members.
 */
typedef struct m2m_lwm2m_server_config {
    /**
     * Size of this structure, which tells the library the version of the caller's header.
     */
    size_t struct_size;
    /**
     * Whatever the application wants to find by the handle: m2m_lwm2m_server_tag().
     */
    uint64_t tag;
    /**
     * Registrations at one time.
     */
    uint32_t registrations;
    /**
     * Bytes of a registration as it was sent, up to 65535.
     */
    uint32_t registration_bytes;
    /**
     * Operations that are not over, or whose answers were not released.
     */
    uint32_t operations;
    /**
     * Observations.
     */
    uint32_t observations;
    /**
     * Notifications that were not released; beyond, the oldest one goes.
     */
    uint32_t notifications;
    /**
     * Bytes of all answers and notifications that are kept.
     */
    uint32_t content_bytes;
    /**
     * Events that were not polled; beyond, clients are asked to come back later.
     */
    uint32_t events;
    /**
     * Peers whose endpoint name m2m_lwm2m_server_identify() told.
     */
    uint32_t identities;
    /**
     * Profile IDs (1.2) whose lists of objects are known.
     */
    uint32_t profiles;
    /**
     * CoAP: longest datagram to send, 64 to 65535 bytes.
     */
    uint32_t message_size;
    /**
     * CoAP: longest body, in bytes.
     */
    uint32_t body_size;
    /**
     * CoAP: own requests under way, observations included.
     */
    uint32_t exchanges;
    /**
     * CoAP: requests of clients in progress or remembered to recognise duplicates.
     */
    uint32_t requests;
    /**
     * CoAP: bodies under way in blocks.
     */
    uint32_t transfers;
    /**
     * CoAP: peers with whom there is something under way or was lately.
     */
    uint32_t peers;
    /**
     * CoAP: bytes for all messages and bodies held at one time.
     */
    uint32_t pool_size;
    /**
     * OSCORE: security contexts, one for each endpoint that has one. Default: 0; without effect in a
     * library without OSCORE.
     */
    uint32_t security_contexts;
    /**
     * CoAP: when messages are repeated and given up.
     */
    struct m2m_coap_parameters parameters;
    /**
     * One of enum m2m_lwm2m_version: the newest that it speaks. Default: 1.2.
     */
    int32_t version;
    /**
     * How long after the end of its lifetime a registration is kept, in seconds.
     */
    uint32_t grace_s;
    /**
     * How long an operation may take, in milliseconds, unless it says otherwise itself.
     */
    uint32_t operation_timeout_ms;
    /**
     * The same for a client in queue mode, in seconds.
     */
    uint32_t queue_timeout_s;
    /**
     * For how long a client in queue mode listens after its last message, in milliseconds.
     */
    uint32_t awake_ms;
    /**
     * Not 0: an Update from another address is refused, and the client has to register again.
     */
    uint32_t refuse_new_addresses;
    /**
     * Not 0: what must survive a restart is told by m2m_lwm2m_server_poll_journal().
     */
    uint32_t journal;
    /**
     * Not 0: the devices behind a gateway (object 25) are registrations of their own. Default: 1.
     */
    uint32_t gateways;
} m2m_lwm2m_server_config;

/**
 * An event of a server. Members that the kind does not speak of are 0.
 */
typedef struct m2m_lwm2m_server_event {
    /**
     * What happened: one of enum m2m_lwm2m_server_event_kind. A later library may have more of them.
     */
    int32_t kind;
    /**
     * Why.
     */
    int32_t reason;
    /**
     * The registration that it is about.
     */
    uint64_t registration;
    /**
     * The operation, the content of a notification or of a Send, the connection, or the security context.
     */
    uint64_t id;
    /**
     * The observation that was established, that was notified, or that ended.
     */
    uint64_t observation;
    /**
     * CoAP response code, class in the upper 3 bits and detail in the lower 5: 0x45 is 2.05.
     */
    int32_t code;
    /**
     * Bits of enum m2m_lwm2m_changes.
     */
    uint32_t changes;
    /**
     * Of M2M_LWM2M_SERVER_SEQUENCE_RESERVED: one above the last number that may be used.
     */
    uint64_t up_to;
} m2m_lwm2m_server_event;

/**
 * What an LwM2M server has counted since it was made. Each number wraps.
 */
typedef struct m2m_lwm2m_server_counts {
    /**
     * Registrations accepted.
     */
    uint32_t registered;
    /**
     * Updates accepted.
     */
    uint32_t updated;
    /**
     * Registrations ended by their client.
     */
    uint32_t deregistered;
    /**
     * Registrations ended by their lifetime.
     */
    uint32_t expired;
    /**
     * Requests of peers that were refused.
     */
    uint32_t refused;
    /**
     * Operations asked for.
     */
    uint32_t operations;
    /**
     * Operations answered.
     */
    uint32_t responses;
    /**
     * Notifications received.
     */
    uint32_t notifications;
    /**
     * Contents that clients sent by themselves.
     */
    uint32_t sends;
    /**
     * Notifications and Sends that nobody read before they had to make room.
     */
    uint32_t notifications_dropped;
} m2m_lwm2m_server_counts;

/**
 * A registration as it is now. Texts and links are copied by functions of their own.
 */
typedef struct m2m_lwm2m_registered_client {
    /**
     * Where the client is.
     */
    uint64_t peer;
    /**
     * The gateway that it is a device behind, 0 if it is none.
     */
    uint64_t gateway;
    /**
     * When the client was last heard.
     */
    uint64_t last_heard_ms;
    /**
     * When it was last updated, or began.
     */
    uint64_t last_update_ms;
    /**
     * When it began, 0 if that was before a restart.
     */
    uint64_t registered_at_ms;
    /**
     * When it began, in milliseconds since 1970: 0 if the server was never told the time by
     * m2m_lwm2m_server_set_wall_clock().
     */
    int64_t registered_unix_ms;
    /**
     * When it was last updated, or began, likewise.
     */
    int64_t last_update_unix_ms;
    /**
     * When it ends unless it is updated, M2M_NEVER for never.
     */
    uint64_t expires_at_ms;
    /**
     * Of a client in queue mode: until when it listens, M2M_NEVER if it is not known to.
     */
    uint64_t awake_until_ms;
    /**
     * Lifetime in seconds, 0 for ever.
     */
    uint32_t lifetime_s;
    /**
     * One of enum m2m_lwm2m_version.
     */
    int32_t version;
    /**
     * 1 if the client sleeps between its messages.
     */
    int32_t queue_mode;
    /**
     * How many links there are: objects and object instances.
     */
    uint32_t links;
    /**
     * 1 if it came under a security context of OSCORE, under which alone the client is asked.
     */
    int32_t is_protected;
    /**
     * Not used.
     */
    uint32_t reserved;
} m2m_lwm2m_registered_client;

/**
 * An operation. Fill it with m2m_lwm2m_operation_init(), then set kind and what that needs.
 */
typedef struct m2m_lwm2m_operation {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * One of enum m2m_lwm2m_operation_kind. Default: M2M_LWM2M_READ.
     */
    int32_t kind;
    /**
     * Content format of what is asked for or written: one of enum m2m_lwm2m_format, -1 for one that
     * the client has. Default: -1.
     */
    int32_t format;
    /**
     * Where. Default: the root.
     */
    struct m2m_path path;
    /**
     * Arguments or attributes; may be NULL.
     */
    const char *text;
    /**
     * Of composite operations: the paths.
     */
    const struct m2m_path *paths;
    /**
     * How many they are.
     */
    size_t paths_len;
    /**
     * What is written, in the order of the paths.
     */
    const struct m2m_lwm2m_item *items;
    /**
     * How many they are.
     */
    size_t items_len;
    /**
     * In the place of items: what is written, encoded as format says.
     */
    const uint8_t *payload;
    /**
     * Its length.
     */
    size_t payload_len;
    /**
     * Of M2M_LWM2M_CANCEL_OBSERVATION: which.
     */
    uint64_t observation;
    /**
     * Of M2M_LWM2M_DISCOVER: how many levels (1.2), -1 for the standard's default. Default: -1.
     */
    int32_t depth;
    /**
     * How long it may take, in milliseconds; 0 for as long as the configuration says.
     */
    uint32_t timeout_ms;
} m2m_lwm2m_operation;

/**
 * An operation that is not over, or whose answer was not released.
 */
typedef struct m2m_lwm2m_pending {
    /**
     * Its id.
     */
    uint64_t id;
    /**
     * By which it is known before and after a restart.
     */
    uint64_t number;
    /**
     * When it fails unless it is answered, M2M_NEVER once it is.
     */
    uint64_t deadline_ms;
    /**
     * One of enum m2m_lwm2m_operation_kind.
     */
    int32_t kind;
    /**
     * One of enum m2m_lwm2m_pending_state.
     */
    int32_t state;
    /**
     * What it is about; the root for several paths.
     */
    struct m2m_path path;
} m2m_lwm2m_pending;

/**
 * The content of an answer or of a notification. Its payload and its values are copied by functions of
 * their own.
 */
typedef struct m2m_lwm2m_content {
    /**
     * The registration of the client.
     */
    uint64_t registration;
    /**
     * CoAP response code, class in the upper 3 bits and detail in the lower 5: 0x45 is 2.05.
     */
    int32_t code;
    /**
     * Its content format, -1 if the client named none.
     */
    int32_t format;
    /**
     * The path that was asked for.
     */
    struct m2m_path path;
    /**
     * The instance that was created, if the client told it; else no path.
     */
    struct m2m_path created;
    /**
     * Length of the payload.
     */
    size_t payload_len;
} m2m_lwm2m_content;

/**
 * An observation.
 */
typedef struct m2m_lwm2m_observation {
    /**
     * The registration of the client.
     */
    uint64_t registration;
    /**
     * What is observed; the root for one of several paths.
     */
    struct m2m_path path;
    /**
     * 1 if it is of several paths.
     */
    int32_t composite;
    /**
     * 0 while the client has not granted it yet, at first or at its new address.
     */
    int32_t established;
} m2m_lwm2m_observation;

/**
 * What a bootstrap server is made with. Fill it with m2m_lwm2m_bootstrap_server_config_init(), then
 * change members.
 */
typedef struct m2m_lwm2m_bootstrap_server_config {
    /**
     * Size of this structure, which tells the library the version of the caller's header.
     */
    size_t struct_size;
    /**
     * Whatever the application wants to find by the handle: m2m_lwm2m_bootstrap_server_tag().
     */
    uint64_t tag;
    /**
     * Sessions under way, or over and not told yet.
     */
    uint32_t sessions;
    /**
     * Rules that m2m_lwm2m_bootstrap_server_set_configuration() sets.
     */
    uint32_t configurations;
    /**
     * Steps that may wait in a session beyond those of its configuration, up to 65535.
     */
    uint32_t pushed;
    /**
     * Bytes of all answers that can be read.
     */
    uint32_t content_bytes;
    /**
     * Events that were not polled; beyond, clients are asked to come back later.
     */
    uint32_t events;
    /**
     * Peers whose endpoint name m2m_lwm2m_bootstrap_server_identify() told.
     */
    uint32_t identities;
    /**
     * CoAP: longest datagram to send, 64 to 65535 bytes.
     */
    uint32_t message_size;
    /**
     * CoAP: longest body, in bytes.
     */
    uint32_t body_size;
    /**
     * CoAP: own requests under way. Each session takes one.
     */
    uint32_t exchanges;
    /**
     * CoAP: requests of clients in progress or remembered to recognise duplicates.
     */
    uint32_t requests;
    /**
     * CoAP: bodies under way in blocks.
     */
    uint32_t transfers;
    /**
     * CoAP: peers with whom there is something under way or was lately.
     */
    uint32_t peers;
    /**
     * CoAP: bytes for all messages and bodies held at one time.
     */
    uint32_t pool_size;
    /**
     * OSCORE: security contexts, one for each endpoint that has one. Default: 0; without effect in a
     * library without OSCORE.
     */
    uint32_t security_contexts;
    /**
     * CoAP: when messages are repeated and given up.
     */
    struct m2m_coap_parameters parameters;
    /**
     * Not 0: M2M_LWM2M_SESSION_REQUESTED asks the application about an endpoint that no rule is for.
     * Default: 0, it is refused.
     */
    uint32_t ask;
    /**
     * How long a step may take, in milliseconds: the client's answer, or the application's.
     */
    uint32_t step_timeout_ms;
    /**
     * How long a session may take, in seconds.
     */
    uint32_t session_timeout_s;
} m2m_lwm2m_bootstrap_server_config;

/**
 * An event of a bootstrap server. Members that the kind does not speak of are 0.
 */
typedef struct m2m_lwm2m_bootstrap_event {
    /**
     * What happened: one of enum m2m_lwm2m_bootstrap_event_kind. A later library may have more of them.
     */
    int32_t kind;
    /**
     * How a session ended: one of enum m2m_lwm2m_bootstrap_outcome.
     */
    int32_t outcome;
    /**
     * The session.
     */
    uint64_t session;
    /**
     * The connection.
     */
    uint64_t peer;
    /**
     * The number of the step: from 0, with the Discover of place_accounts and the Finish of finish.
     */
    uint32_t step;
    /**
     * What it was: one of enum m2m_lwm2m_bootstrap_step_kind.
     */
    int32_t operation;
    /**
     * About what.
     */
    struct m2m_path path;
    /**
     * CoAP response code, class in the upper 3 bits and detail in the lower 5: 0x44 is 2.04.
     */
    int32_t code;
    /**
     * Why a step failed: one of enum m2m_lwm2m_bootstrap_failure.
     */
    int32_t reason;
    /**
     * Of M2M_LWM2M_SESSION_SEQUENCE_RESERVED: the security context.
     */
    uint64_t security;
    /**
     * And one above the last number that may be used.
     */
    uint64_t up_to;
} m2m_lwm2m_bootstrap_event;

/**
 * What a bootstrap server has counted since it was made. Each number wraps.
 */
typedef struct m2m_lwm2m_bootstrap_counts {
    /**
     * Sessions that began.
     */
    uint32_t started;
    /**
     * Sessions that ended with Bootstrap-Finish.
     */
    uint32_t finished;
    /**
     * Bootstrap-Packs given.
     */
    uint32_t packed;
    /**
     * Sessions that failed, or whose client asked anew.
     */
    uint32_t failed;
    /**
     * Requests of peers that were refused.
     */
    uint32_t refused;
} m2m_lwm2m_bootstrap_counts;

/**
 * An account that a client is to be given: an instance of the Security object (0), and one of the Server
 * object (1) unless it is that of a bootstrap server. Fill it with m2m_lwm2m_bootstrap_account_init(),
 * then change members. What is not here (retry parameters, OSCORE) other steps write.
 */
typedef struct m2m_lwm2m_bootstrap_account {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * LwM2M Server URI (/0/x/0): coaps://server.example:5684.
     */
    const char *uri;
    /**
     * /0/x/3
     */
    const uint8_t *identity;
    /**
     * Its length.
     */
    size_t identity_len;
    /**
     * Public key or certificate of the server (/0/x/4).
     */
    const uint8_t *server_key;
    /**
     * Its length.
     */
    size_t server_key_len;
    /**
     * /0/x/5
     */
    const uint8_t *secret;
    /**
     * Its length.
     */
    size_t secret_len;
    /**
     * Binding (/1/x/7). NULL: "U".
     */
    const char *binding;
    /**
     * One of enum m2m_lwm2m_security_mode (/0/x/2). Default: M2M_LWM2M_NO_SECURITY.
     */
    int32_t security_mode;
    /**
     * Not 0: it is the account of a bootstrap server, of which only URI, keys, hold_off_s and timeout_s
     * count.
     */
    uint32_t bootstrap;
    /**
     * Short Server ID, 1 to 65534 (/0/x/10 and /1/x/0). Default: 1.
     */
    uint32_t ssid;
    /**
     * Lifetime of the registration in seconds (/1/x/1). Default: 86400.
     */
    uint32_t lifetime_s;
    /**
     * Not 0: notifications are kept while the server cannot be reached (/1/x/6). Default: 1.
     */
    uint32_t storing;
    /**
     * Default minimum period in seconds (/1/x/2), -1 for none. Default: -1, as for the following.
     */
    int64_t min_period_s;
    /**
     * Default maximum period in seconds (/1/x/3), -1 for none.
     */
    int64_t max_period_s;
    /**
     * Disable timeout in seconds (/1/x/5), -1 for none.
     */
    int64_t disable_timeout_s;
    /**
     * Of a bootstrap server: how long the client waits before it asks, in seconds (/0/x/11), -1 for
     * none.
     */
    int64_t hold_off_s;
    /**
     * Of a bootstrap server: after how many seconds the account ends (/0/x/12), -1 for never.
     */
    int64_t timeout_s;
} m2m_lwm2m_bootstrap_account;

/**
 * A step of a configuration. All zero, then kind and what that needs.
 */
typedef struct m2m_lwm2m_bootstrap_step {
    /**
     * One of enum m2m_lwm2m_bootstrap_step_kind.
     */
    int32_t kind;
    /**
     * Not 0: if the client refuses, the session goes on.
     */
    uint32_t optional;
    /**
     * Where.
     */
    struct m2m_path path;
    /**
     * Of M2M_LWM2M_STEP_ACCOUNT: the instance of Security and Server, 0 to 65534.
     */
    uint16_t instance;
    /**
     * Of M2M_LWM2M_STEP_ACCOUNT: what.
     */
    const struct m2m_lwm2m_bootstrap_account *account;
    /**
     * Of M2M_LWM2M_STEP_WRITE: what, in any order. In which format it goes, the client's preference
     * says.
     */
    const struct m2m_lwm2m_item *items;
    /**
     * How many they are.
     */
    size_t items_len;
    /**
     * In the place of items: what is written, encoded as format says.
     */
    const uint8_t *payload;
    /**
     * Its length.
     */
    size_t payload_len;
    /**
     * Of payload, and of M2M_LWM2M_STEP_READ the one to ask for: one of enum m2m_lwm2m_format; 0 without
     * a payload for one that the client prefers.
     */
    int32_t format;
} m2m_lwm2m_bootstrap_step;

/**
 * What a client is given. Fill it with m2m_lwm2m_bootstrap_configuration_init(), then set steps. They are
 * counted from 0; what place_accounts and finish add counts too.
 */
typedef struct m2m_lwm2m_bootstrap_configuration {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * What is asked, one after the other.
     */
    const struct m2m_lwm2m_bootstrap_step *steps;
    /**
     * How many they are, up to 65533.
     */
    size_t steps_len;
    /**
     * Not 0: find out by a Discover before the steps under which instance of the Security object the
     * client keeps its account here, and write beside it. Default: 1.
     */
    uint32_t place_accounts;
    /**
     * Not 0: finish after the last step. Else the session stays open for
     * m2m_lwm2m_bootstrap_server_push(). Default: 1.
     */
    uint32_t finish;
    /**
     * Not 0: answer Bootstrap-Pack-Request (1.2) with all that the steps write. Default: 1.
     */
    uint32_t pack;
    /**
     * Not 0: only for clients that m2m_lwm2m_bootstrap_server_identify() named: keys do not go to
     * whoever asks. Default: 0.
     */
    uint32_t identified;
} m2m_lwm2m_bootstrap_configuration;

/**
 * A session as it is now.
 */
typedef struct m2m_lwm2m_bootstrap_session {
    /**
     * Where the client is.
     */
    uint64_t peer;
    /**
     * The number of the step that is under way or comes next.
     */
    uint32_t step;
    /**
     * The content format that the client prefers, or in which it got a pack; -1 if it did not tell.
     */
    int32_t format;
    /**
     * One of enum m2m_lwm2m_version, as the client told; 0 if it did not.
     */
    int32_t version;
    /**
     * The instance of the Security object under which the client keeps its account here, -1 if it is not
     * known.
     */
    int32_t account;
    /**
     * 1 if m2m_lwm2m_bootstrap_server_identify() named the client.
     */
    int32_t identified;
    /**
     * 1 if all its steps are done and it waits for m2m_lwm2m_bootstrap_server_push().
     */
    int32_t idle;
} m2m_lwm2m_bootstrap_session;

/**
 * What a client answered to a Discover or Read. Its payload and its values are copied by functions of
 * their own.
 */
typedef struct m2m_lwm2m_bootstrap_answer {
    /**
     * CoAP response code, class in the upper 3 bits and detail in the lower 5: 0x45 is 2.05.
     */
    int32_t code;
    /**
     * Its content format, -1 if the client named none.
     */
    int32_t format;
    /**
     * The path that was asked for.
     */
    struct m2m_path path;
    /**
     * Length of the payload.
     */
    size_t payload_len;
} m2m_lwm2m_bootstrap_answer;

/**
 * What an AE is made with. Fill it with m2m_onem2m_ae_config_init(), then change members.
 */
typedef struct m2m_onem2m_ae_config {
    /**
     * Size of this structure, which tells the library the version of the caller's header.
     */
    size_t struct_size;
    /**
     * Whatever the application wants to find by the handle: m2m_onem2m_ae_tag().
     */
    uint64_t tag;
    /**
     * Address of the CSEBase of the registrar: cse-in.
     */
    const char *cse_base;
    /**
     * The originator that it proposes: an AE-ID (Cthermometer), C or S to be given one, or NULL.
     */
    const char *originator;
    /**
     * App-ID: Nthermometer.
     */
    const char *app_id;
    /**
     * Name of the AE resource; NULL: the CSE chooses one.
     */
    const char *name;
    /**
     * HTTP: host and port of the CSE, for the header Host.
     */
    const char *host;
    /**
     * URI under which the AE takes notifications: http://host:port/path, coap://host:port,
     * mqtt://broker:port; over the WebSocket to the CSE any of this scheme, such as ws://default. NULL: it
     * cannot be reached.
     */
    const char *point_of_access;
    /**
     * Not 0: notifications are fetched through a polling channel.
     */
    uint32_t polling;
    /**
     * How long a registration lasts without an update, in seconds. Default: 3600.
     */
    uint32_t lifetime_s;
    /**
     * How long an answer may take, in milliseconds.
     */
    uint32_t timeout_ms;
    /**
     * How often a request goes out before it is given up, 1 to 255.
     */
    uint32_t attempts;
    /**
     * First pause before a repetition, in milliseconds; each further one is twice as long.
     */
    uint32_t pause_ms;
    /**
     * How long a request for the polling channel may stay open, in milliseconds.
     */
    uint32_t polling_ms;
    /**
     * Requests of the application that are under way, or ended and not released.
     */
    uint32_t requests;
    /**
     * Notifications that are not answered.
     */
    uint32_t notifications;
    /**
     * How it asks: one of enum m2m_onem2m_binding. Default: M2M_ONEM2M_HTTP.
     */
    int32_t binding;
    /**
     * How primitives are written: one of enum m2m_onem2m_serialization. Notifications are wanted like
     * this as well, unless it is the default: M2M_ONEM2M_JSON.
     */
    int32_t serialization;
    /**
     * Release of the requests, such as 2a or 4; NULL: 3.
     */
    const char *release;
    /**
     * Labels of the AE resource.
     */
    const char *const *labels;
    /**
     * How many they are.
     */
    size_t labels_len;
    /**
     * Not 0: the polling channel may bring several requests at once.
     */
    uint32_t aggregation;
    /**
     * Longest pause before a repetition, in milliseconds; also the one between attempts to register.
     */
    uint32_t longest_pause_ms;
    /**
     * Pause between two looks at a result that is fetched later, in milliseconds.
     */
    uint32_t result_pause_ms;
    /**
     * MQTT: CSE-ID of the CSE, with its slash: /id-in.
     */
    const char *cse_id;
    /**
     * MQTT: the AE in topics before it is registered: the identifier of a credential, or the client
     * identifier of MQTT. NULL: originator.
     */
    const char *credential;
    /**
     * MQTT: what is in front of /oneM2M in topics; NULL: nothing.
     */
    const char *topic_prefix;
    /**
     * CoAP: the application's number for the address of the CSE. Default: 0.
     */
    uint64_t cse_peer;
    /**
     * CoAP: longest datagram to send, 64 to 65535 bytes.
     */
    uint32_t coap_message_size;
    /**
     * CoAP: longest body, in bytes.
     */
    uint32_t coap_body_size;
    /**
     * CoAP: requests of others in progress or remembered to recognise duplicates.
     */
    uint32_t coap_requests;
    /**
     * CoAP: bodies under way in blocks.
     */
    uint32_t coap_transfers;
    /**
     * CoAP: peers with whom there is something under way or was lately.
     */
    uint32_t coap_peers;
    /**
     * CoAP: bytes for all messages and bodies held at one time.
     */
    uint32_t coap_pool_size;
} m2m_onem2m_ae_config;

/**
 * A request to the CSE. Fill it with m2m_onem2m_request_init(), then set what it has.
 */
typedef struct m2m_onem2m_request {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * One of enum m2m_onem2m_operation. Default: M2M_ONEM2M_RETRIEVE.
     */
    int32_t operation;
    /**
     * One of enum m2m_onem2m_resource_type, or another; 0 for none.
     */
    uint32_t resource_type;
    /**
     * The address of the resource: cse-in/thermometer.
     */
    const char *to;
    /**
     * Attributes in JSON with their short names: {"m2m:cin":{"con":"21.5"}}.
     */
    const char *content;
    /**
     * Length of the content in bytes.
     */
    size_t content_len;
    /**
     * What the response shall carry (rcn, m2m:resultContent): 0 nothing, 1 the attributes, 4 child resources
     * besides, 6 their addresses. Default: -1, what the standard has for the operation.
     */
    int32_t result_content;
    /**
     * How the result comes (rt, m2m:responseType): 1 it is fetched later, 2 it is notified, 3 the answer waits
     * for it, 4 as the CSE likes. M2M_ONEM2M_DONE comes when it is there in each case. Default: 0, 3 is meant.
     */
    int32_t response_type;
} m2m_onem2m_request;

/**
 * A message to send.
 */
typedef struct m2m_onem2m_outgoing {
    /**
     * Names it in m2m_onem2m_ae_handle_response() and m2m_onem2m_ae_outgoing_failed().
     */
    uint64_t id;
    /**
     * Its length: the bytes are at the start of the buffer.
     */
    size_t len;
    /**
     * 1 if the response may take as long as polling_ms besides.
     */
    int32_t is_long;
} m2m_onem2m_outgoing;

/**
 * A response to send.
 */
typedef struct m2m_onem2m_response {
    /**
     * The request that it answers.
     */
    uint64_t id;
    /**
     * The connection that the request came over.
     */
    uint64_t peer;
    /**
     * Its length: the bytes are at the start of the buffer.
     */
    size_t len;
    /**
     * 1 if the connection is to be closed behind it.
     */
    int32_t close;
} m2m_onem2m_response;

/**
 * An event of an AE. Members that the kind does not speak of are 0.
 */
typedef struct m2m_onem2m_event {
    /**
     * What happened: one of enum m2m_onem2m_event_kind. A later library may have more of them.
     */
    int32_t kind;
    /**
     * How a request ended: one of enum m2m_onem2m_outcome.
     */
    int32_t outcome;
    /**
     * The request or the notification.
     */
    uint64_t id;
    /**
     * Response status code (TS-0004 clause 6.6): 2000 is OK, 2001 CREATED, 4004 NOT_FOUND.
     */
    uint32_t status;
    /**
     * See the kinds.
     */
    int32_t again;
} m2m_onem2m_event;

/**
 * A publication to send, with quality of service 1 and not retained.
 */
typedef struct m2m_onem2m_publication {
    /**
     * Of a request: names it in m2m_onem2m_ae_outgoing_failed() and m2m_onem2m_cse_outgoing_failed(). 0 for a
     * response, which may be lost: who asked asks again.
     */
    uint64_t id;
    /**
     * Length of the payload: the bytes are at the start of the buffer.
     */
    size_t len;
    /**
     * The name of the topic, and a NUL behind it.
     */
    char topic[M2M_ONEM2M_TOPIC_SIZE];
} m2m_onem2m_publication;

/**
 * A message to send over a WebSocket.
 */
typedef struct m2m_onem2m_message {
    /**
     * Of a request: names it in m2m_onem2m_ae_outgoing_failed() and m2m_onem2m_cse_outgoing_failed(). 0 for a
     * response.
     */
    uint64_t id;
    /**
     * The connection; 0 of an AE, which has one.
     */
    uint64_t peer;
    /**
     * Its length: the bytes are at the start of the buffer.
     */
    size_t len;
    /**
     * 1 for a binary message, 0 for one of text.
     */
    int32_t binary;
} m2m_onem2m_message;

/**
 * What a CSE is made with. Fill it with m2m_onem2m_cse_config_init(), then change members. A string that is
 * NULL, or a list without elements, is as in the defaults.
 */
typedef struct m2m_onem2m_cse_config {
    /**
     * Size of this structure, which tells the library the version of the caller's header.
     */
    size_t struct_size;
    /**
     * Whatever the application wants to find by the handle: m2m_onem2m_cse_tag().
     */
    uint64_t tag;
    /**
     * CSE-ID with its slash. Default: /id-in.
     */
    const char *cse_id;
    /**
     * Name of the CSEBase. Default: cse-in.
     */
    const char *cse_name;
    /**
     * M2M-SP-ID without slashes, a domain name. Default: m2m.example.
     */
    const char *sp_id;
    /**
     * The originator that may do everything without being registered. Default: CAdmin.
     */
    const char *admin;
    /**
     * Which originators may register an AE: patterns with *, compared with what the AE proposes; nothing
     * is compared as C. Default: C* and S*.
     */
    const char *const *ae_originators;
    /**
     * How many they are.
     */
    size_t ae_originators_len;
    /**
     * Which CSEs may register: patterns with *, compared with the CSE-ID and its slash. Default: all.
     */
    const char *const *cse_originators;
    /**
     * How many they are.
     */
    size_t cse_originators_len;
    /**
     * URIs under which the CSE is reached: its attribute poa.
     */
    const char *const *points_of_access;
    /**
     * How many they are.
     */
    size_t points_of_access_len;
    /**
     * Releases whose requests it takes, such as 2a or 4. Default: all that the library knows.
     */
    const char *const *releases;
    /**
     * How many they are.
     */
    size_t releases_len;
    /**
     * CSE-ID with its slash of the CSE that this one registers at; NULL: at none.
     */
    const char *registrar_cse_id;
    /**
     * Name of the CSEBase there.
     */
    const char *registrar_cse_name;
    /**
     * URI under which it is reached, with host and port: http, coap, mqtt or ws, or the same secured.
     */
    const char *registrar_uri;
    /**
     * One of enum m2m_onem2m_cse_type. Default: M2M_ONEM2M_IN_CSE.
     */
    int32_t cse_type;
    /**
     * Not 0: what must survive a restart is told by m2m_onem2m_cse_poll_journal(). Default: 0.
     */
    uint32_t journal;
    /**
     * Not 0: the targets of a new subscription are asked whether they want its notifications. Default: 1.
     */
    uint32_t verify_subscriptions;
    /**
     * Not 0: a resource on which an originator may do nothing is not found, rather than forbidden.
     * Default: 1.
     */
    uint32_t conceal;
    /**
     * How long resources live whose creator does not say, in seconds. Default: 10 years.
     */
    uint32_t default_lifetime_s;
    /**
     * How long resources may live, in seconds. Default: 50 years.
     */
    uint32_t max_lifetime_s;
    /**
     * How long a request to another entity may wait for its response, in milliseconds.
     */
    uint32_t response_timeout_ms;
    /**
     * How long a request to a polling channel is held that does not say when it expires, in milliseconds.
     */
    uint32_t poll_timeout_ms;
    /**
     * How long the result of a request that is not blocking is kept, in seconds.
     */
    uint32_t result_lifetime_s;
    /**
     * Resources altogether.
     */
    uint32_t resources;
    /**
     * Levels of the tree, the CSEBase included: 1 to 64.
     */
    uint32_t depth;
    /**
     * Results of a discovery, child resources in a response.
     */
    uint32_t results;
    /**
     * Subscriptions to one resource.
     */
    uint32_t subscriptions;
    /**
     * Requests to other entities that wait for their outcome.
     */
    uint32_t outgoing;
    /**
     * Requests that are not blocking, and are not done.
     */
    uint32_t deferred;
    /**
     * Resources that one call looks at before it lets others go on: then
     * m2m_onem2m_cse_poll_timeout() is in the past.
     */
    uint32_t step;
    /**
     * CoAP (m2m_onem2m_cse_handle_datagram()): requests in progress or remembered to recognise
     * duplicates; 0, the default: no CoAP.
     */
    uint32_t coap_requests;
    /**
     * CoAP: longest datagram to send, 64 to 65535 bytes.
     */
    uint32_t coap_message_size;
    /**
     * CoAP: longest body, in bytes.
     */
    uint32_t coap_body_size;
    /**
     * CoAP: bodies under way in blocks.
     */
    uint32_t coap_transfers;
    /**
     * CoAP: peers with whom there is something under way or was lately.
     */
    uint32_t coap_peers;
    /**
     * CoAP: bytes for all messages and bodies held at one time.
     */
    uint32_t coap_pool_size;
    /**
     * CoAP: requests of the CSE itself under way at one time.
     */
    uint32_t coap_exchanges;
    /**
     * MQTT: URI of the broker that the application is connected with: mqtt://host:port. Entities at this
     * address are reached by it. NULL: no MQTT.
     */
    const char *mqtt_broker;
    /**
     * MQTT: what is in front of /oneM2M in topics; NULL: nothing.
     */
    const char *topic_prefix;
    /**
     * CSE-ID with its slash of the IN-CSE, which gives AE-IDs that begin with S; NULL: the registrar, if it
     * is one, else this CSE gives them itself.
     */
    const char *infrastructure;
    /**
     * Definitions of the flexContainers that there may be, JSON such as [{"type":"ex:light",
     * "cnd":"org.example.light","attributes":[{"sname":"power","type":"boolean","car":"1"}]}], where car 1 is
     * for an attribute that has to be there; NULL: none.
     */
    const char *flex_definitions;
    /**
     * How long the registration at the registrar lasts without being renewed, in seconds.
     */
    uint32_t registration_lifetime_s;
    /**
     * Operations on the CSEBase for registered AEs and CSEs, as bits of m2m:accessControlOperations: 1 CREATE,
     * 2 RETRIEVE, 4 UPDATE, 8 DELETE, 16 NOTIFY, 32 DISCOVERY. Default: 34.
     */
    uint32_t base_operations;
    /**
     * Not 0: registered AEs may create accessControlPolicies under the CSEBase. Default: 1.
     */
    uint32_t base_policies;
    /**
     * Not 0: attribute loc of an AE is taken for the place of its requests. Default: 0.
     */
    uint32_t trust_location;
    /**
     * How long a request whose originator waits is kept for a target that cannot be reached, in milliseconds.
     */
    uint32_t hold_blocking_ms;
    /**
     * How long requests that were accepted are kept for such a target, in seconds.
     */
    uint32_t hold_accepted_s;
    /**
     * How long a request may wait to be fetched from a polling channel and answered, in milliseconds.
     */
    uint32_t channel_timeout_ms;
    /**
     * Longest wait of a batch of notifications whose subscription does not say, in milliseconds.
     */
    uint32_t batch_duration_ms;
    /**
     * When a target of notifications that was not reachable is tried again, in milliseconds.
     */
    uint32_t notification_retry_ms;
    /**
     * Instances of a container whose mni is larger or absent. Default: no limit.
     */
    uint64_t instances;
    /**
     * Bytes of a container whose mbs is larger or absent. Default: no limit.
     */
    uint64_t instance_bytes;
    /**
     * Events that are yet to go to subscriptions; more are lost.
     */
    uint32_t events;
    /**
     * Targets of one subscription.
     */
    uint32_t notification_targets;
    /**
     * Notifications that wait for one target; the oldest make room.
     */
    uint32_t notifications;
    /**
     * Notifications that wait in all subscriptions of one subscriber.
     */
    uint32_t stored_notifications;
    /**
     * Notifications of one subscription to one target that wait for their response.
     */
    uint32_t in_flight;
    /**
     * Requests that wait for targets which cannot be reached.
     */
    uint32_t held;
    /**
     * Bytes of content in them.
     */
    uint32_t held_bytes;
    /**
     * Bytes of content in the aggregated response of a group.
     */
    uint32_t aggregate_bytes;
} m2m_onem2m_cse_config;

/**
 * Whom a request comes from. Fill it with m2m_onem2m_session_init(), then change members.
 */
typedef struct m2m_onem2m_session {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * The connection: any number, which comes back in m2m_onem2m_response.
     */
    uint64_t peer;
    /**
     * The only originator that requests may be of, as the credentials of the connection tell; NULL, the
     * default: nobody was authenticated, and any originator is believed.
     */
    const char *originator;
    /**
     * The address that it comes from (IPv4 or IPv6), such as 192.0.2.7, for access control by address;
     * NULL: not known.
     */
    const char *address;
    /**
     * The country that the address is in, two capital letters, for access control by country; NULL: not known.
     */
    const char *country;
} m2m_onem2m_session;

/**
 * What a CSE has counted since it was made. Each number wraps.
 */
typedef struct m2m_onem2m_cse_counts {
    /**
     * Requests that came in. What cannot be read as a request is answered, and not counted.
     */
    uint32_t requests;
    /**
     * Of those: answered with success, or accepted (status 1xxx and 2xxx).
     */
    uint32_t succeeded;
    /**
     * Of those: refused for what the originator did or may not do (4xxx).
     */
    uint32_t refused;
    /**
     * Of those: failed in the CSE, or at another entity (5xxx and 6xxx).
     */
    uint32_t failed;
    /**
     * Resources whose expiration time has come, and instances that were too old for their container.
     */
    uint32_t expired;
    /**
     * Requests of the CSE to other entities, notifications among them.
     */
    uint32_t outgoing;
    /**
     * Of those: answered, with whatever status.
     */
    uint32_t answered;
    /**
     * Of those: without an answer. Not reachable, lost, or not in time.
     */
    uint32_t unanswered;
    /**
     * Notifications of subscriptions that were sent. A batch is one.
     */
    uint32_t notifications;
    /**
     * Notifications that had to make room for others while they waited.
     */
    uint32_t notifications_dropped;
} m2m_onem2m_cse_counts;

/**
 * A request of the CSE, and where to connect to for it.
 */
typedef struct m2m_onem2m_cse_outgoing {
    /**
     * Names it in m2m_onem2m_cse_handle_response(), m2m_onem2m_cse_set_peer() and
     * m2m_onem2m_cse_outgoing_failed().
     */
    uint64_t id;
    /**
     * HTTP: length of the message, whose bytes are at the start of the buffer. Else 0.
     */
    size_t len;
    /**
     * The protocol: one of enum m2m_onem2m_binding. HTTP: the message is to be sent over a connection of its
     * own. CoAP, WebSocket: m2m_onem2m_cse_set_peer() is to be called.
     */
    int32_t binding;
    /**
     * WebSocket: the serialization of the sub-protocol to offer, one of enum m2m_onem2m_serialization.
     */
    int32_t serialization;
    /**
     * 1 for https, coaps and wss: the connection has to be secured.
     */
    int32_t secure;
    /**
     * The port to connect to.
     */
    uint16_t port;
    /**
     * The host to connect to, a name or an address, and a NUL behind it.
     */
    char host[M2M_ONEM2M_HOST_SIZE];
    /**
     * WebSocket: the path and query for the handshake, and a NUL behind them.
     */
    char path[M2M_ONEM2M_HOST_SIZE];
} m2m_onem2m_cse_outgoing;

/**
 * What is known of an originator that its requests do not say: the application learns it from the network below, or
 * knows it. Fill it with m2m_onem2m_surroundings_init(), then change members.
 */
typedef struct m2m_onem2m_surroundings {
    /**
     * Size of this structure.
     */
    size_t struct_size;
    /**
     * Not 0: latitude and longitude tell where it is. Default: 0.
     */
    int32_t has_position;
    /**
     * Always 0.
     */
    uint32_t reserved;
    /**
     * In degrees, -90 to 90, positive to the north.
     */
    double latitude;
    /**
     * In degrees, -180 to 180, positive to the east.
     */
    double longitude;
    /**
     * The country that it is in, two capital letters; NULL: not known. That of a m2m_onem2m_session goes first.
     */
    const char *country;
    /**
     * The M2M Service Users that it may name in its requests.
     */
    const char *const *users;
    /**
     * How many they are.
     */
    size_t users_len;
} m2m_onem2m_surroundings;

/**
 * A part of a text, without a NUL behind it. NULL if it is not there.
 */
typedef struct m2m_onem2m_part {
    /**
     * Its first character.
     */
    const char *text;
    /**
     * How long it is.
     */
    size_t len;
} m2m_onem2m_part;

/**
 * The parts of an address.
 */
typedef struct m2m_onem2m_address {
    /**
     * One of enum m2m_onem2m_scope.
     */
    int32_t scope;
    /**
     * The service provider, without its slashes; of an absolute address.
     */
    struct m2m_onem2m_part provider;
    /**
     * The CSE-ID, without its slash; of one that is not relative to the CSE.
     */
    struct m2m_onem2m_part cse;
    /**
     * The segments on the CSE, with slashes between them; of length 0 for the CSE itself.
     */
    struct m2m_onem2m_part path;
    /**
     * The attribute behind a #.
     */
    struct m2m_onem2m_part attribute;
    /**
     * The virtual resource that it ends with or goes through, such as la or fopt.
     */
    struct m2m_onem2m_part virtual_resource;
    /**
     * The path of the resource that the virtual one belongs to.
     */
    struct m2m_onem2m_part virtual_parent;
    /**
     * What follows a fan-out point, for each of the members.
     */
    struct m2m_onem2m_part suffix;
} m2m_onem2m_address;

/**
 * The parts of an originator (fr).
 */
typedef struct m2m_onem2m_originator {
    /**
     * One of enum m2m_onem2m_originator_kind.
     */
    int32_t kind;
    /**
     * The service provider, without its slashes.
     */
    struct m2m_onem2m_part provider;
    /**
     * Of an AE: the CSE-ID of its registrar, without its slash.
     */
    struct m2m_onem2m_part cse;
    /**
     * The stem of an AE-ID, with its letter; the identifier of an entity, without its slash; what one that registers
     * asks for.
     */
    struct m2m_onem2m_part id;
} m2m_onem2m_originator;

/**
 * A type of resources.
 */
typedef struct m2m_onem2m_definition {
    /**
     * 1 if a CREATE may be asked for.
     */
    int32_t create;
    /**
     * 1 if an UPDATE may be.
     */
    int32_t update;
    /**
     * 1 if a DELETE may be.
     */
    int32_t deletion;
    /**
     * 1 if resources have rules of access of their own (acpi).
     */
    int32_t has_policy;
    /**
     * How many attributes they have: m2m_onem2m_attribute_at().
     */
    uint32_t attributes;
} m2m_onem2m_definition;

/**
 * An attribute of a resource type, or a member of a complex type. What the parts point to lives for ever.
 */
typedef struct m2m_onem2m_attribute {
    /**
     * The short name, such as rn.
     */
    struct m2m_onem2m_part short_name;
    /**
     * The long name, such as resourceName.
     */
    struct m2m_onem2m_part long_name;
    /**
     * The name of the enumeration or complex type; NULL for others.
     */
    struct m2m_onem2m_part type_name;
    /**
     * One of enum m2m_onem2m_kind, of each element if it is a list.
     */
    int32_t kind;
    /**
     * 0 for no list, 1 for a list that may be empty, 2 for one of one element at least, 3 for a list of lists.
     */
    int32_t list;
    /**
     * 1 if it is always there, 0 if it may be there, 2 if exactly one of those with a 2 is.
     */
    int32_t mandatory;
    /**
     * Whether a CREATE carries it, one of enum m2m_onem2m_optionality. Of a member 0.
     */
    int32_t create;
    /**
     * Whether an UPDATE carries it. Of a member 0.
     */
    int32_t update;
    /**
     * Whether the announced variant has it: M2M_ONEM2M_NOT_PRESENT never, M2M_ONEM2M_MAY if attribute aa names it,
     * M2M_ONEM2M_MUST if the original has it. Of a member 0.
     */
    int32_t announced;
} m2m_onem2m_attribute;

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
 * In a library that was built without the feature reuse nothing goes back: for a device that makes its
 * handles once and keeps them.
 *
 * Making and freeing handles is not for interrupt handlers. m2m_lwm2m_client_arena_size() and
 * m2m_coap_arena_size() tell beforehand how large the arena has to be, m2m_arena_used() how much of it
 * is in use: that is the same at every start, and of a client or an endpoint nothing is allocated later.
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
 * seed_bytes points to 32 random bytes, different at every start of the device, from which everything
 * follows that peers must not be able to guess. On success, *client is the new handle. Everything
 * is copied.
 *
 * Errors: M2M_INVALID for a member of the configuration that is out of its range or
 * an object that comes twice, M2M_OUT_OF_MEMORY.
 */
int32_t m2m_lwm2m_client_new(const struct m2m_lwm2m_client_config *config,
                             const uint8_t *seed_bytes,
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
 * How many bytes of an arena a client with this configuration takes: what m2m_init() needs for it, to
 * within a few per cent. No memory is needed to ask.
 *
 * Errors: M2M_INVALID for a member of the configuration that is out of its range.
 */
int32_t m2m_lwm2m_client_arena_size(const struct m2m_lwm2m_client_config *config,
                                    size_t *size);

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
 * How far a bootstrap is: *state gets one of enum m2m_lwm2m_bootstrapping, *at_ms when it goes on, if the
 * state says so, else M2M_NEVER.
 */
int32_t m2m_lwm2m_client_bootstrapping(const struct m2m_lwm2m_client *client,
                                       int32_t *state,
                                       uint64_t *at_ms);

/**
 * Takes a bootstrap from elsewhere, as a whole or not at all: the data of a smartcard, what the factory or
 * a user configured. The bytes are what a bootstrap server would write to path, in a format of enum
 * m2m_lwm2m_format. Call it for each part; accounts are complete with the last, and
 * m2m_lwm2m_client_start() registers.
 *
 * Errors: M2M_INVALID if a bootstrap server would be refused; M2M_FULL; M2M_NOT_ALLOWED while a bootstrap
 * is under way, or if the library has no bootstrap. Then nothing has changed.
 */
int32_t m2m_lwm2m_client_provision(struct m2m_lwm2m_client *client,
                                   uint64_t now_ms,
                                   struct m2m_path path,
                                   int32_t format,
                                   const uint8_t *data,
                                   size_t len);

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
 * The Short Server ID of the server account at index, from 0. M2M_NOTHING if there are not as many.
 */
int32_t m2m_lwm2m_client_server_at(const struct m2m_lwm2m_client *client,
                                   size_t index,
                                   uint16_t *ssid);

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
 * What time the client takes it to be, in milliseconds since 1970-01-01T00:00:00Z: *unix_ms gets it. M2M_NOTHING if
 * it was not told; a server may have done so too (/3/0/13).
 */
int32_t m2m_lwm2m_client_wall_clock(const struct m2m_lwm2m_client *client,
                                    uint64_t now_ms,
                                    int64_t *unix_ms);

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
 * Reads the argument at index, from 0, of the arguments of an execute (0='x',1), in the order in which they were
 * sent. Its value lies in arguments, which ends with a NUL, as m2m_lwm2m_client_arguments() copies it. M2M_NOTHING if
 * there are not as many; M2M_MALFORMED for what is no list of arguments, wherever that is wrong.
 */
int32_t m2m_lwm2m_argument_at(const char *arguments,
                              size_t index,
                              struct m2m_lwm2m_argument *argument);

/**
 * Writes the arguments of an execute into buf, and a NUL behind them: the text of an operation. len gets their
 * length without the NUL. With buf NULL and cap 0 only len is written.
 *
 * Errors: M2M_INVALID for a digit above 9 or one that comes twice, and for a value with what values do not have:
 * white space, quotation marks, a backslash, anything beyond ASCII; M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_lwm2m_arguments_write(const struct m2m_lwm2m_argument *arguments,
                                  size_t arguments_len,
                                  char *buf,
                                  size_t cap,
                                  size_t *len);

/**
 * Has the value of a resource, or of a resource instance, asked for whenever a server reads it, by itself
 * or with what it is part of: M2M_LWM2M_VALUE_WANTED asks, m2m_lwm2m_client_answer_value() answers, and the
 * read waits up to a minute for that. Notifications carry what was told last; while a server observes it, or
 * what it is part of, with epmax, it is asked for that many seconds after it was told last.
 *
 * Errors: M2M_UNKNOWN_OBJECT; M2M_UNKNOWN_PATH if the instance is not there or nothing there can be read;
 * M2M_EXISTS; M2M_FULL above asked of the configuration; M2M_NOT_ALLOWED in a library without it.
 */
int32_t m2m_lwm2m_client_ask_when_read(struct m2m_lwm2m_client *client,
                                       uint64_t now_ms,
                                       struct m2m_path path);

/**
 * Answers M2M_LWM2M_VALUE_WANTED: with M2M_COAP_CONTENT the value is what m2m_lwm2m_client_set_integer() or
 * its like has set; with an error of enum m2m_coap_code (any code of class 4 or 5) it cannot be told, and
 * the server that wants it alone is answered with that.
 *
 * Errors: M2M_UNKNOWN_PATH for a value that is never asked for; M2M_INVALID for another code;
 * M2M_NOT_ALLOWED in a library without it.
 */
int32_t m2m_lwm2m_client_answer_value(struct m2m_lwm2m_client *client,
                                      uint64_t now_ms,
                                      struct m2m_path path,
                                      int32_t code);

/**
 * Adds an error to those that the Device object tells (/3/0/11), unless it is there.
 *
 * Errors: M2M_OUT_OF_RANGE for 0, which is no error; M2M_FULL; M2M_NOT_ALLOWED in a library without it.
 */
int32_t m2m_lwm2m_client_add_error(struct m2m_lwm2m_client *client,
                                   uint64_t now_ms,
                                   uint8_t error);

/**
 * Takes an error out of those that the Device object tells. M2M_NOT_ALLOWED in a library without it.
 */
int32_t m2m_lwm2m_client_clear_error(struct m2m_lwm2m_client *client,
                                     uint64_t now_ms,
                                     uint8_t error);

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
 * Sends what paths hold now, and what was recorded for this server since the last time, in format:
 * M2M_LWM2M_SENML_JSON, M2M_LWM2M_SENML_CBOR or M2M_LWM2M_CBOR, which is of LwM2M 1.2 and has no
 * times. It waits while the client is not registered. id gets a number that the event M2M_LWM2M_SENT or M2M_LWM2M_SEND_FAILED will name.
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
 * The next record to keep, with records in the configuration. *deleted is 0 for bytes that are to be put
 * under *key, in place of what is there; they are written into buf, *len gets their length. It is 1 if
 * what is under *key is to be deleted. M2M_NOTHING if there is none. M2M_BUFFER_TOO_SMALL loses nothing.
 *
 * As long as records wait, m2m_lwm2m_client_poll_transmit() gives nothing: store them first, so that
 * what a server was told is true after a restart as well.
 */
int32_t m2m_lwm2m_client_poll_journal(struct m2m_lwm2m_client *client,
                                      uint64_t *key,
                                      int32_t *deleted,
                                      uint8_t *buf,
                                      size_t cap,
                                      size_t *len);

/**
 * Takes back what was kept under a key. To be called for all keys in ascending order, after the client
 * was made and before m2m_lwm2m_client_start(). Accounts are added by the program only if no record
 * brings one (M2M_NOTHING of m2m_lwm2m_client_next_path() below /1); its own instances it makes as
 * ever. Then the client goes on with an Update in the place of a Register.
 *
 * M2M_INVALID for bytes that are no record of such a client.
 */
int32_t m2m_lwm2m_client_restore(struct m2m_lwm2m_client *client,
                                 uint64_t now_ms,
                                 uint64_t key,
                                 const uint8_t *data,
                                 size_t len);

/**
 * Of the security contexts in use, that at index, from 0: *instance gets the instance of object 21 that has
 * its keys, *up_to the number below which its sequence numbers may be used. M2M_NOTHING if there are not as
 * many. m2m_lwm2m_client_poll_journal() has a record of it, too; this is for those who keep it elsewhere,
 * with a context that is used in other ways as well.
 */
int32_t m2m_lwm2m_client_sequence_numbers(const struct m2m_lwm2m_client *client,
                                          size_t index,
                                          uint16_t *instance,
                                          uint64_t *up_to);

/**
 * Tells that sequence numbers below next may have been used, of the security context whose keys an instance
 * of object 21 has. To be called after m2m_lwm2m_client_restore() and before m2m_lwm2m_client_start().
 * M2M_UNKNOWN_PATH if no account has this instance, or it makes no context.
 */
int32_t m2m_lwm2m_client_restore_sequence_numbers(struct m2m_lwm2m_client *client,
                                                  uint64_t now_ms,
                                                  uint16_t instance,
                                                  uint64_t next);

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
 * Fills a configuration: 16 connections with messages of up to 8448 bytes, no pings. Call it as
 * m2m_stream_config_init(&config, sizeof config).
 */
int32_t m2m_stream_config_init(struct m2m_stream_config *config, size_t struct_size);

/**
 * Makes a client that may have connections (TCP, TLS, WebSocket) besides. Otherwise as m2m_lwm2m_client_new().
 */
int32_t m2m_lwm2m_client_new_with_streams(const struct m2m_lwm2m_client_config *config,
                                          const struct m2m_stream_config *streams,
                                          const uint8_t *seed_bytes,
                                          struct m2m_lwm2m_client **client);

/**
 * Tells that a connection is there, made or accepted: peer is a number of its own, which no datagrams come
 * from. transport is one of enum m2m_stream_transport. It comes before m2m_lwm2m_client_set_peer()
 * with the number, or m2m_lwm2m_client_add_server(). What is to be sent to peer goes out over it, one
 * whole message for each m2m_lwm2m_client_poll_transmit().
 *
 * Errors: M2M_FULL, then it is to be closed; M2M_INVALID if the number names a connection already;
 * M2M_NOT_ALLOWED for a handle that was made without connections.
 */
int32_t m2m_lwm2m_client_connected(struct m2m_lwm2m_client *client,
                                   uint64_t now_ms,
                                   uint64_t peer,
                                   int32_t transport);

/**
 * Takes bytes that came over a connection, and sets *taken to how many of them were taken: fewer than len
 * while answers wait to be sent. Then poll for what is to be sent, and hand in the rest. Of
 * M2M_STREAM_WEBSOCKET exactly one message.
 */
int32_t m2m_lwm2m_client_handle_stream(struct m2m_lwm2m_client *client,
                                       uint64_t now_ms,
                                       uint64_t peer,
                                       const uint8_t *data,
                                       size_t len,
                                       size_t *taken);

/**
 * Tells that a connection is gone, by whichever side. The server's observations end
 * with it; the registration goes on: the client asks for another connection (M2M_LWM2M_CONNECT) and sends an
 * Update.
 */
int32_t m2m_lwm2m_client_disconnected(struct m2m_lwm2m_client *client,
                                      uint64_t now_ms,
                                      uint64_t peer);

/**
 * Adds a device behind the client as an instance of the Gateway object (25), which has to be among its
 * objects: m2m_object_25, with devices and device_objects in the configuration. id names the device for good
 * (a URN); prefix is what its paths begin with for servers: up to 16 letters, digits, -, _ and ., not digits
 * alone. objects are the IDs of its objects: of those in the client's configuration, and 3. The servers are
 * told. *instance gets the path of the instance, which m2m_lwm2m_client_remove() removes with all that the
 * device has.
 *
 * Its objects have nothing yet: m2m_lwm2m_client_path_behind() tells where they lie here, and everything
 * that is done with paths, from m2m_lwm2m_client_add_instance() to events, is done with those.
 *
 * Errors: M2M_UNKNOWN_OBJECT; M2M_INVALID for a prefix that is none; M2M_EXISTS if another device has it;
 * M2M_FULL.
 */
int32_t m2m_lwm2m_client_add_device(struct m2m_lwm2m_client *client,
                                    uint64_t now_ms,
                                    const char *id,
                                    const char *prefix,
                                    const uint16_t *objects,
                                    size_t objects_len,
                                    struct m2m_path *instance);

/**
 * Where something of a device behind lies here: *here gets the path for all other functions. instance is
 * that of m2m_lwm2m_client_add_device(), path the one on the device. M2M_NOTHING if the device has no such
 * object.
 */
int32_t m2m_lwm2m_client_path_behind(const struct m2m_lwm2m_client *client,
                                     struct m2m_path instance,
                                     struct m2m_path path,
                                     struct m2m_path *here);

/**
 * The other way round, for events: *instance gets the device that path belongs to, *behind the path on it.
 * M2M_NOTHING for what is the client's own.
 */
int32_t m2m_lwm2m_client_device_behind(const struct m2m_lwm2m_client *client,
                                       struct m2m_path path,
                                       struct m2m_path *instance,
                                       struct m2m_path *behind);

/**
 * Makes a mapping ready, for an engine whose tokens have token_length bytes, 1 to 8. role is one of enum
 * m2m_lwm2m_mqtt_role, side_of one of enum m2m_lwm2m_mqtt_interface.
 */
int32_t m2m_lwm2m_mqtt_init(struct m2m_lwm2m_mqtt *mapping,
                            int32_t role,
                            int32_t side_of,
                            uint32_t token_length);

/**
 * Makes a publication of a datagram that the engine wants to send. It is written into buf, len gets its
 * length. M2M_NOTHING if there is nothing to publish.
 *
 * Errors: M2M_MALFORMED for what is no message of CoAP; M2M_NOT_ALLOWED for what LwM2M over MQTT cannot say;
 * M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
 */
int32_t m2m_lwm2m_mqtt_publication(struct m2m_lwm2m_mqtt *mapping,
                                   const uint8_t *datagram,
                                   size_t datagram_len,
                                   uint8_t *buf,
                                   size_t cap,
                                   size_t *len);

/**
 * Makes a datagram for the engine of a publication that was received. It is written into buf, len gets its
 * length. M2M_NOTHING for a request of this side's own, which comes back to it. A server's program says what it
 * knows of the device: endpoint is that of the topic, location the path of its registration at the engine
 * (/rd/...), NULL if there is none; a device passes NULL for both.
 *
 * Errors: M2M_MALFORMED for what is no message of LwM2M over MQTT; M2M_NOT_ALLOWED for what CoAP cannot say;
 * M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
 */
int32_t m2m_lwm2m_mqtt_datagram(struct m2m_lwm2m_mqtt *mapping,
                                const uint8_t *publication,
                                size_t publication_len,
                                const char *endpoint,
                                const char *location,
                                uint8_t *buf,
                                size_t cap,
                                size_t *len);

/**
 * The empty acknowledgement that the engine waits for after a datagram that was published: 4 bytes, written
 * into buf. M2M_NOTHING if it waits for none.
 */
int32_t m2m_lwm2m_mqtt_acknowledgement(const uint8_t *datagram,
                                       size_t datagram_len,
                                       uint8_t *buf,
                                       size_t cap,
                                       size_t *len);

/**
 * Writes the topic of an endpoint into buf, and a NUL behind it: PREFIX/lwm2m/rd/ENDPOINT; without a prefix,
 * NULL or "", it begins with lwm2m. len gets its length without the NUL.
 */
int32_t m2m_lwm2m_mqtt_topic(const char *prefix,
                             int32_t side_of,
                             const char *endpoint,
                             char *buf,
                             size_t cap,
                             size_t *len);

/**
 * Reads a topic: *side_of gets one of enum m2m_lwm2m_mqtt_interface, buf the endpoint and a NUL behind it, len
 * its length without the NUL. M2M_NOTHING if it is none of LwM2M, or of another prefix.
 */
int32_t m2m_lwm2m_mqtt_topic_parse(const char *prefix,
                                   const char *topic,
                                   int32_t *side_of,
                                   char *buf,
                                   size_t cap,
                                   size_t *len);

/**
 * Fills a request: GET of /. Call it as m2m_lwm2m_http_request_init(&request, sizeof request).
 */
int32_t m2m_lwm2m_http_request_init(struct m2m_lwm2m_http_request *request, size_t struct_size);

/**
 * Fills a response: 200 without a body. Call it as m2m_lwm2m_http_response_init(&response, sizeof response).
 */
int32_t m2m_lwm2m_http_response_init(struct m2m_lwm2m_http_response *response,
                                     size_t struct_size);

/**
 * Makes a request of HTTP of a datagram that an engine wants to send. request is to have been filled by
 * m2m_lwm2m_http_request_init(). Its texts are written into buf, which has room for cap bytes: 512 are mostly enough.
 * Its body lies in the datagram. What comes back goes to m2m_lwm2m_http_response_datagram(), with this datagram.
 *
 * There is no Observe over HTTP, there are no composite operations and no blocks: message_size of the engine has to
 * hold the longest body.
 *
 * Errors: M2M_MALFORMED for what is no request of CoAP; M2M_NOT_ALLOWED for what HTTP cannot say;
 * M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
 */
int32_t m2m_lwm2m_http_request_of(const uint8_t *datagram,
                                  size_t len,
                                  char *buf,
                                  size_t cap,
                                  struct m2m_lwm2m_http_request *request);

/**
 * Makes a datagram for the engine that is asked of a request of HTTP that was received. It has this message ID, which
 * was not used within the last minutes, and token, up to 8 bytes. It is written into buf, len gets its length. What
 * the engine then sends to that peer goes to m2m_lwm2m_http_response_of().
 *
 * Errors: M2M_MALFORMED for a target that is no path; M2M_NOT_ALLOWED for a method or media type that LwM2M does not
 * have (405, 415); M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
 */
int32_t m2m_lwm2m_http_request_datagram(const struct m2m_lwm2m_http_request *request,
                                        uint16_t id,
                                        const uint8_t *token,
                                        size_t token_len,
                                        uint8_t *buf,
                                        size_t cap,
                                        size_t *len);

/**
 * Makes a response of HTTP of the datagram that an engine answered with. response is to have been filled by
 * m2m_lwm2m_http_response_init(). Its texts are written into buf, which has room for cap bytes: 512 are mostly
 * enough. Its body lies in the datagram. An empty acknowledgement is no answer yet (M2M_MALFORMED): that comes
 * later.
 *
 * Errors: as of m2m_lwm2m_http_request_of().
 */
int32_t m2m_lwm2m_http_response_of(const uint8_t *datagram,
                                   size_t len,
                                   char *buf,
                                   size_t cap,
                                   struct m2m_lwm2m_http_response *response);

/**
 * Makes a datagram for the engine that asked of a response of HTTP: request is the datagram that
 * m2m_lwm2m_http_request_of() was given. It is written into buf, len gets its length.
 *
 * Errors: M2M_MALFORMED if request is no CON with a request, and for a status code below 200; M2M_NOT_ALLOWED for a
 * media type that LwM2M does not have; M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
 */
int32_t m2m_lwm2m_http_response_datagram(const struct m2m_lwm2m_http_response *response,
                                         const uint8_t *request,
                                         size_t request_len,
                                         uint8_t *buf,
                                         size_t cap,
                                         size_t *len);

/**
 * Takes the user data of an SMS that came from somebody who may trigger, which is the application's to know: by the
 * number that it comes from, or by the secured packets of the SIM. It can ask for what /1/x/8 and /1/x/9 do when they
 * are executed, if the Trigger resource of that server (/1/x/21) is true. Nothing is answered.
 *
 * M2M_OK if it had its effect, M2M_IGNORED for what is no trigger, or one that is not allowed. Then poll for datagrams
 * to send.
 */
int32_t m2m_lwm2m_client_handle_sms(struct m2m_lwm2m_client *client,
                                    uint64_t now_ms,
                                    const uint8_t *data,
                                    size_t len);

/**
 * Writes the user data of an SMS that triggers into buf, header included: at most 35 bytes, to be sent as 8-bit data
 * with a user data header to the number that the client registered with. It asks the client for an Update of the
 * registration that its Server object instance server has or, with bootstrap not 0, for a bootstrap. id is a message
 * ID that was not used lately, token has up to 8 bytes. len gets the length.
 *
 * Errors: M2M_INVALID for a longer token; M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
 */
int32_t m2m_lwm2m_trigger_write(uint16_t server,
                                int32_t bootstrap,
                                uint16_t id,
                                const uint8_t *token,
                                size_t token_len,
                                uint8_t *buf,
                                size_t cap,
                                size_t *len);

/**
 * Reads the user data of an SMS: *server gets the Server object instance, *bootstrap 1 if a bootstrap is asked for,
 * 0 for an Update. M2M_MALFORMED for what is no trigger.
 */
int32_t m2m_lwm2m_trigger_read(const uint8_t *data,
                               size_t len,
                               uint16_t *server,
                               int32_t *bootstrap);

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
 * Fills a payload: SenML CBOR about the root. Call it as m2m_lwm2m_payload_init(&payload, sizeof payload).
 */
int32_t m2m_lwm2m_payload_init(struct m2m_lwm2m_payload *payload,
                               size_t struct_size);

/**
 * Writes items as a payload into buf. They come in the order of their paths, at or below that of the payload; an
 * instance of a resource makes it a multiple one. len gets its length. With buf NULL and cap 0 only len is written.
 *
 * Errors: M2M_INVALID for a format that the library does not write, or that cannot say this (two values as text),
 * and for items in another order or outside of the path; M2M_BUFFER_TOO_SMALL. After an error, what is in buf means
 * nothing.
 */
int32_t m2m_lwm2m_payload_write(const struct m2m_lwm2m_payload *payload,
                                const struct m2m_lwm2m_item *items,
                                size_t items_len,
                                uint8_t *buf,
                                size_t cap,
                                size_t *len);

/**
 * The meaning of one of enum m2m_lwm2m_payload_error in English: a string that is never NULL and lives for ever.
 */
const char *m2m_lwm2m_payload_error_text(int32_t error);

/**
 * Makes a reader of the payload of len bytes at data. Whatever the structure held before is forgotten. What is
 * wrong with the bytes, m2m_lwm2m_payload_reader_next() tells.
 */
int32_t m2m_lwm2m_payload_reader_init(struct m2m_lwm2m_payload_reader *reader,
                                      const struct m2m_lwm2m_payload *payload,
                                      const uint8_t *data,
                                      size_t len);

/**
 * Reads the next value. M2M_NOTHING at the end. M2M_MALFORMED if what comes is not what it should be, or the format
 * not one that is read: m2m_lwm2m_payload_reader_error() says more, and the reader is at its end. Values before that
 * were good.
 */
int32_t m2m_lwm2m_payload_reader_next(struct m2m_lwm2m_payload_reader *reader,
                                      struct m2m_lwm2m_value *value);

/**
 * Copies the value that was read last into buf: of M2M_STRING and M2M_CORELNK with a NUL behind it, of M2M_OPAQUE
 * without. len gets its length. M2M_WRONG_TYPE for another type, and if none was read. With buf NULL and cap 0 only
 * len is written.
 */
int32_t m2m_lwm2m_payload_reader_bytes(const struct m2m_lwm2m_payload_reader *reader,
                                       uint8_t *buf,
                                       size_t cap,
                                       size_t *len);

/**
 * What is wrong, after M2M_MALFORMED: one of enum m2m_lwm2m_payload_error, and where, in bytes from the start of the
 * payload. M2M_NOTHING if nothing was wrong so far.
 */
int32_t m2m_lwm2m_payload_reader_error(const struct m2m_lwm2m_payload_reader *reader,
                                       int32_t *error,
                                       size_t *offset);

/**
 * Writes paths as the payload of a Read-Composite or Observe-Composite into buf, in M2M_LWM2M_SENML_JSON or
 * M2M_LWM2M_SENML_CBOR. prefix is as in m2m_lwm2m_payload. len gets its length. With buf NULL and cap 0 only len is
 * written. M2M_INVALID for another format; M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
 */
int32_t m2m_lwm2m_paths_write(int32_t format,
                              const char *prefix,
                              const struct m2m_path *paths,
                              size_t paths_len,
                              uint8_t *buf,
                              size_t cap,
                              size_t *len);

/**
 * Reads the payload of a Read-Composite or Observe-Composite: the paths, from the one at index first on, into paths,
 * which has room for cap of them. count gets how many there were. M2M_NOTHING if there is none at first.
 * M2M_MALFORMED for what is not well formed, be it at the end, or of another format than SenML.
 */
int32_t m2m_lwm2m_paths_read(int32_t format,
                             const char *prefix,
                             const uint8_t *data,
                             size_t len,
                             size_t first,
                             struct m2m_path *paths,
                             size_t cap,
                             size_t *count);

/**
 * The meaning of one of enum m2m_senml_error in English: a string that is never NULL and lives for ever.
 */
const char *m2m_senml_error_text(int32_t error);

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
 * Makes a reader of a stream in one of enum m2m_senml_format, by one of enum m2m_senml_rules. room has cap bytes for a
 * record that comes in several pieces: a longer one is an error. bases has bases_cap bytes for the base name, base
 * unit and base content format together, which outlive the records that they came with; records as they were sent
 * need none. Both are the stream's as long as it is used. Whatever the structure held before is forgotten.
 */
int32_t m2m_senml_stream_init(struct m2m_senml_stream *stream,
                              int32_t format_number,
                              int32_t rules_number,
                              uint8_t *room,
                              size_t cap,
                              uint8_t *bases,
                              size_t bases_cap);

/**
 * Takes the len bytes at data, up to the end of the next record: *used gets how many, *item that record. Call it
 * again with the rest. M2M_NOTHING if no record ends in them: *used is len then. M2M_MALFORMED if what comes is not
 * what it should be, and from then on: m2m_senml_stream_error() says more. Records before that were good.
 */
int32_t m2m_senml_stream_read(struct m2m_senml_stream *stream,
                              const uint8_t *data,
                              size_t len,
                              size_t *used,
                              struct m2m_senml_item *item);

/**
 * Tells that no more bytes come. *closed gets 1 if the pack came to its end, 0 if it could have gone on between two
 * records: so a stream ends, and a pack that was cut short. M2M_MALFORMED within a record, before the first byte, and
 * if something was wrong before.
 */
int32_t m2m_senml_stream_finish(struct m2m_senml_stream *stream,
                                int32_t *closed);

/**
 * What is wrong, after M2M_MALFORMED: one of enum m2m_senml_error, in which record, counted from 1 on, and where, in
 * bytes from the start of the stream. M2M_NOTHING if nothing was wrong so far.
 */
int32_t m2m_senml_stream_error(const struct m2m_senml_stream *stream,
                               int32_t *error,
                               uint64_t *record,
                               uint64_t *offset);

/**
 * Copies a text of the record that was read last into buf, as m2m_senml_reader_text() does.
 */
int32_t m2m_senml_stream_text(const struct m2m_senml_stream *stream,
                              int32_t which,
                              char *buf,
                              size_t cap,
                              size_t *len);

/**
 * Copies the data of the record that was read last into buf, as m2m_senml_reader_data() does.
 */
int32_t m2m_senml_stream_data(const struct m2m_senml_stream *stream,
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
 * Takes what was written since it was taken last: len bytes at the start of the buffer, which the next record
 * overwrites. So a pack of any length, and a stream of records without an end (RFC 8428 section 4.8), is sent piece by
 * piece out of a buffer for one record and the end.
 */
int32_t m2m_senml_writer_take(struct m2m_senml_writer *writer,
                              size_t *len);

/**
 * Has decimal fractions written in CBOR as what they are (tag 4), exact and mostly shorter, from the next record on;
 * with exact 0, as at first, as the nearest floating-point numbers, which every receiver reads (RFC 8428 section 6).
 * Changes nothing in other formats.
 */
int32_t m2m_senml_writer_set_exact(struct m2m_senml_writer *writer,
                                   int32_t exact);

/**
 * Ends the pack: len gets its length, from the start of the buffer, or of what is left to take. Never for want of room.
 * M2M_NOT_ALLOWED if fewer records were written than announced. Calling it again says the same.
 */
int32_t m2m_senml_writer_finish(struct m2m_senml_writer *writer,
                                size_t *len);

/**
 * Writes the records of a pack that a fetch pack selects (FETCH, RFC 8790 section 3.1) into buf: each once, in their
 * order, by their whole names and times. Both packs and what is written are in one of enum m2m_senml_format. len gets
 * the length. With buf NULL and cap 0 only len is written. Nothing is allocated: the packs are read several times, so
 * the time is that of the product of their lengths.
 *
 * Errors: M2M_MALFORMED for a fetch pack that is none, to be answered with 4.00; M2M_INVALID for a pack that is none,
 * and a format; M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
 */
int32_t m2m_senml_fetch(int32_t format_number,
                        const uint8_t *pack,
                        size_t pack_len,
                        const uint8_t *fetch,
                        size_t fetch_len,
                        uint8_t *buf,
                        size_t cap,
                        size_t *len);

/**
 * Writes a pack as it is after a patch pack (PATCH and iPATCH, RFC 8790 section 3.2) into buf: first the records that
 * it had, changed or not, but for those that are removed, then those that are new. Formats, memory and time are as for
 * m2m_senml_fetch().
 *
 * Errors: M2M_MALFORMED for a patch pack that is none, to be answered with 4.00; M2M_NOT_ALLOWED for a record of it
 * that matches several of the pack, to be answered with 4.22; M2M_INVALID for a pack that is none, and a format;
 * M2M_BUFFER_TOO_SMALL. After an error, the pack is to stay as it is, and what is in buf means nothing.
 */
int32_t m2m_senml_patch(int32_t format_number,
                        const uint8_t *pack,
                        size_t pack_len,
                        const uint8_t *patch,
                        size_t patch_len,
                        uint8_t *buf,
                        size_t cap,
                        size_t *len);

/**
 * Writes a pack again into buf, in another or the same of enum m2m_senml_format. If none of its records has base
 * fields they get some that make it shorter and say the same: the beginning that all names have in common, a time, the
 * unit that most have. One that has base fields keeps its own. len gets the length. With buf NULL and cap 0 only len
 * is written. Nothing is allocated: the pack is read a few times.
 *
 * Errors: M2M_MALFORMED for a pack that is none; M2M_INVALID for a format; M2M_BUFFER_TOO_SMALL. After an error, what
 * is in buf means nothing.
 */
int32_t m2m_senml_compact(int32_t from_format,
                          const uint8_t *pack,
                          size_t pack_len,
                          int32_t to_format,
                          uint8_t *buf,
                          size_t cap,
                          size_t *len);

/**
 * Converts a number of the unit from into the unit to: 3.3 of "mV" are 0.0033 of "V". *converted gets it,
 * exactly where it is a decimal fraction of at most 18 digits.
 *
 * M2M_NOTHING for units that are not registered or do not measure the same. M2M_INVALID for what is no number.
 */
int32_t m2m_senml_convert(struct m2m_number value,
                          const char *from,
                          const char *to,
                          struct m2m_number *converted);

/**
 * M2M_OK for a registered unit that a pack of this version (bver, 10 by itself) may use, M2M_NOTHING for
 * another.
 */
int32_t m2m_senml_unit_allowed(const char *unit,
                               uint64_t version);

/**
 * The media type of a name such as "application/senml+json", upper or lower case, with any parameters behind a
 * semicolon. M2M_NOTHING for one that is not of SenML.
 */
int32_t m2m_senml_media_type_of(const char *name,
                                struct m2m_senml_media_type *media_type);

/**
 * The media type of files whose names end so, such as "senmlc", without the dot, upper or lower case. M2M_NOTHING for
 * what is not of SenML.
 */
int32_t m2m_senml_media_type_of_extension(const char *extension,
                                          struct m2m_senml_media_type *media_type);

/**
 * The media type with this content format of CoAP. M2M_NOTHING for a number that is not of SenML.
 */
int32_t m2m_senml_media_type_at(int32_t content_format, struct m2m_senml_media_type *media_type);

/**
 * The media type of one of enum m2m_senml_document in one of enum m2m_senml_format. M2M_NOTHING if there is none, such
 * as for a fetch pack in XML; M2M_INVALID for other numbers.
 */
int32_t m2m_senml_media_type_for(int32_t document,
                                 int32_t format,
                                 struct m2m_senml_media_type *media_type);

/**
 * Copies the name of the media type with this content format of CoAP into buf, and a NUL behind it. len gets its length
 * without the NUL. With buf NULL and cap 0 only len is written. M2M_NOTHING for a number that is not of SenML.
 */
int32_t m2m_senml_media_type_name(int32_t content_format,
                                  char *buf,
                                  size_t cap,
                                  size_t *len);

/**
 * Copies how the names of its files end into buf, as m2m_senml_media_type_name() does.
 */
int32_t m2m_senml_media_type_extension(int32_t content_format, char *buf, size_t cap, size_t *len);

/**
 * Reads the content format of data. What the result points to lies in text. M2M_MALFORMED for what is none.
 */
int32_t m2m_senml_data_format_read(const char *text,
                                   struct m2m_senml_data_format *format);

/**
 * Fills a configuration for a program with eight peers, messages of 1152 bytes and bodies of 16 KiB:
 * about 60 KiB in all. Call it as m2m_coap_config_init(&config, sizeof config).
 */
int32_t m2m_coap_config_init(struct m2m_coap_config *config,
                             size_t struct_size);

/**
 * Fills a configuration for a device with two peers, messages of 256 bytes and bodies of 512: about
 * 4 KiB in all. Otherwise as m2m_coap_config_init().
 */
int32_t m2m_coap_config_init_small(struct m2m_coap_config *config, size_t struct_size);

/**
 * Makes an endpoint.
 *
 * seed_bytes points to 32 random bytes, different at every start, from which everything follows that peers
 * must not be able to guess. On success, *endpoint is the new handle. Everything is copied.
 *
 * Errors: M2M_INVALID for a member of the configuration that is out of its range, M2M_OUT_OF_MEMORY.
 */
int32_t m2m_coap_endpoint_new(const struct m2m_coap_config *config,
                              const uint8_t *seed_bytes,
                              struct m2m_coap_endpoint **endpoint);

/**
 * How many bytes of an arena an endpoint with this configuration takes: what m2m_init() needs for it,
 * to within a few per cent. No memory is needed to ask.
 */
int32_t m2m_coap_arena_size(const struct m2m_coap_config *config,
                            size_t *size);

/**
 * Frees an endpoint. NULL is fine. M2M_BUSY, and nothing is freed, while the handle is inside
 * another call. A poisoned handle can be freed.
 */
int32_t m2m_coap_endpoint_free(struct m2m_coap_endpoint *endpoint);

/**
 * The tag that the configuration gave the endpoint. Always works. 0 for NULL.
 */
uint64_t m2m_coap_endpoint_tag(const struct m2m_coap_endpoint *endpoint);

/**
 * Takes a datagram that arrived from a peer: any number that the application gives its address. A
 * bad datagram is no error: M2M_OK if it had its effect, else M2M_DUPLICATE, M2M_REFUSED or
 * M2M_IGNORED. Then poll for datagrams to send, for events and for the deadline.
 */
int32_t m2m_coap_endpoint_handle_datagram(struct m2m_coap_endpoint *endpoint,
                                          uint64_t now_ms,
                                          uint64_t peer,
                                          const uint8_t *data,
                                          size_t len);

/**
 * Tells the endpoint that time has passed: to be called when m2m_coap_endpoint_poll_timeout() says.
 * Calling it early or twice is harmless.
 */
int32_t m2m_coap_endpoint_handle_timeout(struct m2m_coap_endpoint *endpoint, uint64_t now_ms);

/**
 * Writes the next datagram to send into buf, which has room for cap bytes. M2M_NOTHING when there is
 * none. M2M_BUFFER_TOO_SMALL loses nothing; message_size of the configuration is enough.
 *
 * To be called after every other call that takes the time, until it returns M2M_NOTHING.
 */
int32_t m2m_coap_endpoint_poll_transmit(struct m2m_coap_endpoint *endpoint,
                                        uint64_t now_ms,
                                        uint8_t *buf,
                                        size_t cap,
                                        struct m2m_transmit *transmit);

/**
 * The next thing that the application should know. M2M_NOTHING when there is none. What the event
 * speaks of stays until it is answered or released.
 */
int32_t m2m_coap_endpoint_poll_event(struct m2m_coap_endpoint *endpoint,
                                     struct m2m_coap_event *event);

/**
 * When m2m_coap_endpoint_handle_timeout() should be called next, in milliseconds on the caller's
 * clock; M2M_NEVER when the endpoint waits for nothing, and where another function would return an
 * error.
 */
uint64_t m2m_coap_endpoint_poll_timeout(const struct m2m_coap_endpoint *endpoint);

/**
 * Ends all that is under way with a peer: its address or security session is gone.
 */
int32_t m2m_coap_endpoint_forget_peer(struct m2m_coap_endpoint *endpoint,
                                      uint64_t now_ms,
                                      uint64_t peer);

/**
 * What the endpoint has counted.
 */
int32_t m2m_coap_endpoint_counters(const struct m2m_coap_endpoint *endpoint,
                                   struct m2m_counters *counters);

/**
 * All the memory of the endpoint in bytes, reserved when it was made. It never allocates again.
 */
int32_t m2m_coap_endpoint_reserved_bytes(const struct m2m_coap_endpoint *endpoint, size_t *size);

/**
 * How many bytes of a body go in one block, for an application that cuts bodies itself (member piece_total of
 * m2m_coap_response).
 */
int32_t m2m_coap_endpoint_block_size(const struct m2m_coap_endpoint *endpoint,
                                     size_t *size);

/**
 * Fills a request: GET, confirmable. Call it as m2m_coap_request_init(&request, sizeof request).
 */
int32_t m2m_coap_request_init(struct m2m_coap_request *request, size_t struct_size);

/**
 * Sends a request to a peer. *id names it from now on; its end is told by exactly one M2M_COAP_DONE.
 *
 * Errors: M2M_INVALID for what is no method, an option that the library sets itself, or observe with
 * another method than GET and FETCH; M2M_TOO_LONG for options that fill the message or a body above
 * body_size; M2M_FULL; M2M_UNKNOWN_ID for the security context; M2M_NOT_ALLOWED if the peer does not
 * want the same request again yet (4.29), or the security context is used up.
 */
int32_t m2m_coap_endpoint_request(struct m2m_coap_endpoint *endpoint,
                                  uint64_t now_ms,
                                  uint64_t peer,
                                  const struct m2m_coap_request *request,
                                  uint64_t *id);

/**
 * Takes an observation up again that was granted before a restart: request is what asked for it, with its
 * token (m2m_coap_endpoint_token()). Nothing is sent; from now on it is as if the endpoint had asked and the
 * peer had granted it. Not under a security context.
 *
 * Errors: those of m2m_coap_endpoint_request(); M2M_INVALID also without observe or a token, and for a body
 * that needs blocks.
 */
int32_t m2m_coap_endpoint_resume_observation(struct m2m_coap_endpoint *endpoint,
                                             uint64_t now_ms,
                                             uint64_t peer,
                                             const struct m2m_coap_request *request,
                                             uint64_t *id);

/**
 * Copies the token of a request into buf, up to 8 bytes. len gets its length.
 */
int32_t m2m_coap_endpoint_token(const struct m2m_coap_endpoint *endpoint,
                                uint64_t id,
                                uint8_t *buf,
                                size_t cap,
                                size_t *len);

/**
 * Stops repeating a request, when there is reason to think that it arrived; its response is waited for as if
 * it had been acknowledged. M2M_UNKNOWN_ID unless it was sent and waits for its acknowledgement.
 */
int32_t m2m_coap_endpoint_stop_retransmission(struct m2m_coap_endpoint *endpoint,
                                              uint64_t now_ms,
                                              uint64_t id);

/**
 * Sends a ping: M2M_COAP_DONE follows with M2M_COAP_PONG or M2M_COAP_TIMED_OUT.
 */
int32_t m2m_coap_endpoint_ping(struct m2m_coap_endpoint *endpoint,
                               uint64_t now_ms,
                               uint64_t peer,
                               uint64_t *id);

/**
 * Ends a request or an observation, in one of the ways of enum m2m_coap_cancel. M2M_COAP_DONE follows.
 */
int32_t m2m_coap_endpoint_cancel(struct m2m_coap_endpoint *endpoint,
                                 uint64_t now_ms,
                                 uint64_t id,
                                 int32_t how);

/**
 * Asks for the next block of a response with stream, after one was told and looked at. Its bytes are
 * given back.
 */
int32_t m2m_coap_endpoint_next_block(struct m2m_coap_endpoint *endpoint,
                                     uint64_t now_ms,
                                     uint64_t id);

/**
 * Which bytes of the body a request with upload_len wants next: len of them from offset. Mostly they
 * follow those before; a peer that takes smaller blocks may want the first ones again. M2M_NOTHING
 * while it wants none.
 */
int32_t m2m_coap_endpoint_wanted(const struct m2m_coap_endpoint *endpoint,
                                 uint64_t id,
                                 uint32_t *offset,
                                 uint32_t *len);

/**
 * Takes the bytes that m2m_coap_endpoint_wanted() names, and sends them. M2M_INVALID if they are more
 * or fewer, M2M_UNKNOWN_ID if the request wants none, M2M_FULL if there is no room: it wants them
 * still.
 */
int32_t m2m_coap_endpoint_supply(struct m2m_coap_endpoint *endpoint,
                                 uint64_t now_ms,
                                 uint64_t id,
                                 const uint8_t *data,
                                 size_t len);

/**
 * Fills a response: 2.05 without anything. Call it as m2m_coap_response_init(&response, sizeof
 * response).
 */
int32_t m2m_coap_response_init(struct m2m_coap_response *response, size_t struct_size);

/**
 * Answers a peer's request: in its acknowledgement if that has not gone out yet, else in a message of
 * its own. *observer names the observer if the request asked to observe and the response grants it,
 * else it is 0; also without room for an observer, which the peer is told.
 *
 * Errors: M2M_UNKNOWN_ID if it was answered already; M2M_INVALID for what is no code of a response or
 * an option that the library sets itself; M2M_TOO_LONG for options that fill the message; M2M_FULL: a
 * shorter answer may fit. After an error the request still waits for its answer.
 */
int32_t m2m_coap_endpoint_respond(struct m2m_coap_endpoint *endpoint,
                                  uint64_t now_ms,
                                  uint64_t id,
                                  const struct m2m_coap_response *response,
                                  uint64_t *observer);

/**
 * Leaves a peer's request without an answer; one that is confirmable gets an empty acknowledgement,
 * so that the peer stops repeating it.
 */
int32_t m2m_coap_endpoint_ignore(struct m2m_coap_endpoint *endpoint, uint64_t now_ms, uint64_t id);

/**
 * Asks the peer to repeat its request with an Echo value, instead of answering it: for one that must
 * be fresh (member fresh of m2m_coap_message; RFC 9175 section 2.3). The peer gets 4.01.
 */
int32_t m2m_coap_endpoint_challenge(struct m2m_coap_endpoint *endpoint,
                                    uint64_t now_ms,
                                    uint64_t id);

/**
 * Has the body put together of which the first block was told as a request, with stream_uploads: it is told
 * again when it is whole. The block is answered.
 *
 * Errors: M2M_UNKNOWN_ID unless the request is the first block of several and waits for its answer;
 * M2M_FULL if there is no room: it still does.
 */
int32_t m2m_coap_endpoint_assemble(struct m2m_coap_endpoint *endpoint,
                                   uint64_t now_ms,
                                   uint64_t id);

/**
 * A peer's request, until it is answered. M2M_UNKNOWN_ID afterwards.
 */
int32_t m2m_coap_endpoint_incoming(const struct m2m_coap_endpoint *endpoint,
                                   uint64_t id,
                                   struct m2m_coap_message *message);

/**
 * Copies the payload of a peer's request into buf. len gets its length. M2M_BUFFER_TOO_SMALL if cap
 * is below it. With buf NULL and cap 0 only len is written.
 */
int32_t m2m_coap_endpoint_incoming_payload(const struct m2m_coap_endpoint *endpoint,
                                           uint64_t id,
                                           uint8_t *buf,
                                           size_t cap,
                                           size_t *len);

/**
 * Copies the path of a peer's request into buf, as text such as /sensors/1, and a NUL behind it. len
 * gets its length without the NUL. A slash within a segment cannot be told from one between two.
 */
int32_t m2m_coap_endpoint_incoming_path(const struct m2m_coap_endpoint *endpoint,
                                        uint64_t id,
                                        char *buf,
                                        size_t cap,
                                        size_t *len);

/**
 * Copies the query of a peer's request into buf, as text such as rt=light&n=2, and a NUL behind it.
 * len gets its length without the NUL.
 */
int32_t m2m_coap_endpoint_incoming_query(const struct m2m_coap_endpoint *endpoint,
                                         uint64_t id,
                                         char *buf,
                                         size_t cap,
                                         size_t *len);

/**
 * Copies the value of an option of a peer's request into buf: of those with the number, the one at
 * index, from 0. M2M_NOTHING if there are not as many. len gets its length.
 */
int32_t m2m_coap_endpoint_incoming_option(const struct m2m_coap_endpoint *endpoint,
                                          uint64_t id,
                                          uint16_t number,
                                          size_t index,
                                          uint8_t *buf,
                                          size_t cap,
                                          size_t *len);

/**
 * The response to an own request, or the newest notification of an observation, until it is
 * released. M2M_UNKNOWN_ID afterwards.
 */
int32_t m2m_coap_endpoint_response(const struct m2m_coap_endpoint *endpoint,
                                   uint64_t id,
                                   struct m2m_coap_message *message);

/**
 * Copies the payload of a response into buf. len gets its length. M2M_BUFFER_TOO_SMALL if cap is
 * below it. With buf NULL and cap 0 only len is written.
 */
int32_t m2m_coap_endpoint_response_payload(const struct m2m_coap_endpoint *endpoint,
                                           uint64_t id,
                                           uint8_t *buf,
                                           size_t cap,
                                           size_t *len);

/**
 * Copies the value of an option of a response into buf, as m2m_coap_endpoint_incoming_option() does.
 */
int32_t m2m_coap_endpoint_response_option(const struct m2m_coap_endpoint *endpoint,
                                          uint64_t id,
                                          uint16_t number,
                                          size_t index,
                                          uint8_t *buf,
                                          size_t cap,
                                          size_t *len);

/**
 * Gives back the bytes of a response that was looked at. The next notification of an observation
 * brings new ones; the id of a request that is done names nothing any more.
 */
int32_t m2m_coap_endpoint_release(struct m2m_coap_endpoint *endpoint, uint64_t id);

/**
 * Sends the state of an observed resource to one observer. While a confirmable notification is on
 * its way the newest state waits and replaces it at the next retransmission (RFC 7641 section 4.5.2). A
 * response of class 4 or 5 is the last notification.
 *
 * Errors: M2M_UNKNOWN_ID if the observer is gone; M2M_FULL, the notification before is still sent;
 * M2M_INVALID and M2M_TOO_LONG as for m2m_coap_endpoint_respond().
 */
int32_t m2m_coap_endpoint_notify(struct m2m_coap_endpoint *endpoint,
                                 uint64_t now_ms,
                                 uint64_t observer,
                                 const struct m2m_coap_response *response);

/**
 * M2M_OK while a notification to this observer is on its way or in line: another would replace it.
 * M2M_NOTHING if not.
 */
int32_t m2m_coap_endpoint_is_notifying(const struct m2m_coap_endpoint *endpoint, uint64_t observer);

/**
 * Forgets an observer without a word to it or an event.
 */
int32_t m2m_coap_endpoint_remove_observer(struct m2m_coap_endpoint *endpoint, uint64_t observer);

/**
 * Makes a security context. *id names it from now on. Before anything is sent under it a first
 * M2M_COAP_SEQUENCE_RESERVED has to be taken; not with M2M_COAP_RENEWED_KEYS.
 *
 * Errors: M2M_FULL above security_contexts of the configuration; M2M_TOO_LONG for ids that are too
 * long; M2M_INVALID for an empty secret, equal ids, an algorithm that is not known, or an ID context
 * with M2M_COAP_RENEWED_KEYS, which makes its own.
 */
int32_t m2m_coap_endpoint_add_security_context(struct m2m_coap_endpoint *endpoint,
                                               const struct m2m_coap_security *security,
                                               uint64_t *id);

/**
 * Makes a security context in the place of one, which is removed; or leaves all as it is. *new_id names
 * the new one.
 *
 * Errors: M2M_UNKNOWN_ID if id names none; else those of m2m_coap_endpoint_add_security_context().
 */
int32_t m2m_coap_endpoint_replace_security_context(struct m2m_coap_endpoint *endpoint,
                                                   uint64_t now_ms,
                                                   uint64_t id,
                                                   const struct m2m_coap_security *security,
                                                   uint64_t *new_id);

/**
 * The sequence number that comes next under a security context. *next gets it.
 */
int32_t m2m_coap_endpoint_next_sequence(const struct m2m_coap_endpoint *endpoint,
                                        uint64_t id,
                                        uint64_t *next);

/**
 * A security context as it is now. M2M_UNKNOWN_ID if id names none.
 */
int32_t m2m_coap_endpoint_security_view(const struct m2m_coap_endpoint *endpoint,
                                        uint64_t id,
                                        struct m2m_oscore_view *view);

/**
 * Removes a security context. What is under way under it ends with M2M_COAP_PEER_DOWN.
 */
int32_t m2m_coap_endpoint_remove_security_context(struct m2m_coap_endpoint *endpoint,
                                                  uint64_t now_ms,
                                                  uint64_t id);

/**
 * From now on, requests to a peer go under a security context; with id 0, as they are. What the peer
 * asks is answered as it came.
 */
int32_t m2m_coap_endpoint_bind_security(struct m2m_coap_endpoint *endpoint,
                                        uint64_t peer,
                                        uint64_t id);

/**
 * The meaning of one of enum m2m_oscore_error in English, such as a diagnostic payload has it: a string that is never
 * NULL and lives for ever.
 */
const char *m2m_oscore_error_text(int32_t error);

/**
 * Makes a security context. Whatever the structure held before is forgotten. With M2M_COAP_STORED_KEYS sequence
 * numbers begin at next, which was never used, and what was received before is not known: no request is accepted
 * until m2m_oscore_context_start().
 *
 * Errors: M2M_TOO_LONG for ids that are too long; M2M_INVALID for an empty secret, equal ids, or an algorithm that
 * is not known; M2M_NOT_ALLOWED for M2M_COAP_RENEWED_KEYS, which takes an endpoint.
 */
int32_t m2m_oscore_context_init(struct m2m_oscore_context *context,
                                const struct m2m_coap_security *security);

/**
 * The state of a security context.
 */
int32_t m2m_oscore_context_view(const struct m2m_oscore_context *context,
                                struct m2m_oscore_view *view);

/**
 * Allows the sequence numbers below up_to, once a record of that survives a restart (RFC 8613 appendix B.1.1), and
 * no others. At first all are allowed.
 */
int32_t m2m_oscore_context_reserve(struct m2m_oscore_context *context,
                                   uint64_t up_to);

/**
 * Why the message that was to be unprotected last was not accepted: one of enum m2m_oscore_error. M2M_NOTHING if it
 * was.
 */
int32_t m2m_oscore_context_error(const struct m2m_oscore_context *context,
                                 int32_t *error);

/**
 * Writes the protected form of the request in the datagram of message_len bytes at message into buf. *len gets its
 * length, and *binding what its responses are unprotected with. With buf NULL and cap 0 only these two are written,
 * and no sequence number is used.
 *
 * Errors: M2M_INVALID for what is no request, or has an option that a protected one cannot have (OSCORE, Proxy-Uri);
 * M2M_NOT_ALLOWED without a sequence number that may be used; M2M_BUFFER_TOO_SMALL, and nothing has changed.
 */
int32_t m2m_oscore_context_protect_request(struct m2m_oscore_context *context,
                                           const uint8_t *message,
                                           size_t message_len,
                                           uint8_t *buf,
                                           size_t cap,
                                           size_t *len,
                                           uint64_t *binding);

/**
 * Writes the protected form of the response in the datagram of message_len bytes at message, to the request that
 * m2m_oscore_context_unprotect_request() gave binding of, into buf. *len gets its length; with buf NULL and cap 0 only
 * that is written.
 *
 * With own_piv 0 it has the nonce of the request, which must be done once at most for each request: notifications,
 * and whatever follows a first response, take own_piv 1, which uses a sequence number (RFC 8613 section 8.3).
 *
 * Errors: as of m2m_oscore_context_protect_request(); M2M_INVALID also for a binding of an own request.
 */
int32_t m2m_oscore_context_protect_response(struct m2m_oscore_context *context,
                                            uint64_t binding,
                                            int32_t own_piv,
                                            const uint8_t *message,
                                            size_t message_len,
                                            uint8_t *buf,
                                            size_t cap,
                                            size_t *len);

/**
 * Reads the protected request in the datagram of message_len bytes at message: checks that it is authentic and
 * fresh, takes note of it, and writes what it was into buf, as a datagram. *len gets its length, and *binding what
 * its responses are protected with. A buffer as long as the datagram is large enough.
 *
 * Errors: M2M_MALFORMED if it is not accepted, and m2m_oscore_context_error() says why; M2M_BUFFER_TOO_SMALL, and
 * nothing has changed.
 */
int32_t m2m_oscore_context_unprotect_request(struct m2m_oscore_context *context,
                                             const uint8_t *message,
                                             size_t message_len,
                                             uint8_t *buf,
                                             size_t cap,
                                             size_t *len,
                                             uint64_t *binding);

/**
 * As m2m_oscore_context_unprotect_request(), but does not look at whether the request is fresh and takes no note of
 * it. That is for a server that does not know what it received before (M2M_COAP_STORED_KEYS): it answers 4.01 with an
 * Echo option, protected, and m2m_oscore_context_start() with the request that brings the value back. Nothing else
 * may be done with a request that is read so (RFC 8613 appendix B.1.2).
 */
int32_t m2m_oscore_context_verify_request(struct m2m_oscore_context *context,
                                          const uint8_t *message,
                                          size_t message_len,
                                          uint8_t *buf,
                                          size_t cap,
                                          size_t *len,
                                          uint64_t *binding);

/**
 * The request of this binding, which came in now, is known to be fresh: only later ones are, from now on.
 * M2M_INVALID for a binding that no request of the peer has.
 */
int32_t m2m_oscore_context_start(struct m2m_oscore_context *context,
                                 uint64_t binding);

/**
 * Reads the protected response in the datagram of message_len bytes at message, to the own request that
 * m2m_oscore_context_protect_request() gave binding of, and writes what it was into buf, as a datagram. *len gets its
 * length, and *piv the Partial IV, UINT64_MAX if it has none: a notification has a larger one than those before,
 * which is the program's to check (RFC 8613 section 7.4.1). A buffer as long as the datagram is large enough.
 *
 * Errors: as of m2m_oscore_context_unprotect_request(); M2M_INVALID also for a binding of a peer's request.
 */
int32_t m2m_oscore_context_unprotect_response(struct m2m_oscore_context *context,
                                              uint64_t binding,
                                              const uint8_t *message,
                                              size_t message_len,
                                              uint8_t *buf,
                                              size_t cap,
                                              size_t *len,
                                              uint64_t *piv);

/**
 * Reads the value of an OSCORE option. What the result points to lies in the value. M2M_MALFORMED for what is none.
 */
int32_t m2m_oscore_option_read(const uint8_t *value,
                               size_t len,
                               struct m2m_oscore_option *option);

/**
 * Writes the value of an OSCORE option into buf. *len gets its length; with buf NULL and cap 0 only that is written.
 *
 * Errors: M2M_INVALID for a Partial IV above 2^40 - 1 and an ID context of more than 255 bytes;
 * M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_oscore_option_write(const struct m2m_oscore_option *option,
                                uint8_t *buf,
                                size_t cap,
                                size_t *len);

/**
 * Gives a peer transmission parameters of its own, for a slow network for one, until
 * m2m_coap_endpoint_forget_peer(); the peer keeps its place as long. Of parameters only the first four
 * members count. NULL: those of the endpoint again.
 *
 * Errors: M2M_INVALID for values out of range; M2M_FULL if there is no place for the peer.
 */
int32_t m2m_coap_endpoint_set_parameters(struct m2m_coap_endpoint *endpoint,
                                         uint64_t peer,
                                         const struct m2m_coap_parameters *parameters);

/**
 * Vouches for a peer: that it receives at its address is known, from a handshake for one. With verify of
 * the configuration it is believed for a while. *believed gets 0 if there is no room to remember it, else 1.
 */
int32_t m2m_coap_endpoint_vouch_for(struct m2m_coap_endpoint *endpoint,
                                    uint64_t now_ms,
                                    uint64_t peer,
                                    int32_t *believed);

/**
 * When a peer that answered a request with 4.29 takes it again (RFC 8516). *at_ms gets M2M_NEVER if there
 * is no such request.
 */
int32_t m2m_coap_endpoint_retry_at(const struct m2m_coap_endpoint *endpoint,
                                   uint64_t peer,
                                   uint64_t *at_ms);

/**
 * Takes a datagram from a peer that was sent to a group which the application has joined: otherwise as m2m_coap_endpoint_handle_datagram(). Only NON requests may come so. The response goes
 * out some time within leisure_ms, and an error does not.
 */
int32_t m2m_coap_endpoint_handle_multicast(struct m2m_coap_endpoint *endpoint,
                                           uint64_t now_ms,
                                           uint64_t peer,
                                           const uint8_t *data,
                                           size_t len);

/**
 * Sends a request to a group: group is the number that the application gave its multicast address. Each
 * response is told by M2M_COAP_GROUP_RESPONSE; M2M_COAP_DONE with M2M_COAP_COLLECTED comes when the time for
 * them is over.
 *
 * Errors: M2M_INVALID for a request that is confirmable, observes, is under a security context, or is longer
 * than a block; else as m2m_coap_endpoint_request().
 */
int32_t m2m_coap_endpoint_request_group(struct m2m_coap_endpoint *endpoint,
                                        uint64_t now_ms,
                                        uint64_t group,
                                        const struct m2m_coap_request *request,
                                        uint64_t *id);

/**
 * Makes an endpoint that may have connections (TCP, TLS, WebSocket) besides. Otherwise as
 * m2m_coap_endpoint_new().
 */
int32_t m2m_coap_endpoint_new_with_streams(const struct m2m_coap_config *config,
                                           const struct m2m_stream_config *streams,
                                           const uint8_t *seed_bytes,
                                           struct m2m_coap_endpoint **endpoint);

/**
 * As m2m_coap_arena_size(), of an endpoint that may have connections.
 */
int32_t m2m_coap_arena_size_with_streams(const struct m2m_coap_config *config,
                                         const struct m2m_stream_config *streams,
                                         size_t *size);

/**
 * Tells that a connection is there, made or accepted: peer is a number of its own, which no datagrams come
 * from. transport is one of enum m2m_stream_transport. Requests may be made at once. What is to be sent to
 * peer goes out over it, one whole message for each m2m_coap_endpoint_poll_transmit().
 *
 * Errors: M2M_FULL, then it is to be closed; M2M_INVALID if the number names a connection already;
 * M2M_FULL also for a handle that was made without connections.
 */
int32_t m2m_coap_endpoint_connected(struct m2m_coap_endpoint *endpoint,
                                    uint64_t now_ms,
                                    uint64_t peer,
                                    int32_t transport);

/**
 * Takes bytes that came over a connection, and sets *taken to how many of them were taken: fewer than len
 * while answers wait to be sent. Then poll for what is to be sent, and hand in the rest. Of
 * M2M_STREAM_WEBSOCKET exactly one message.
 */
int32_t m2m_coap_endpoint_handle_stream(struct m2m_coap_endpoint *endpoint,
                                        uint64_t now_ms,
                                        uint64_t peer,
                                        const uint8_t *data,
                                        size_t len,
                                        size_t *taken);

/**
 * Tells that a connection is gone, by whichever side: its requests end with M2M_COAP_PEER_DOWN, its
 * observers are gone. The number may be used for another connection.
 */
int32_t m2m_coap_endpoint_disconnected(struct m2m_coap_endpoint *endpoint,
                                       uint64_t now_ms,
                                       uint64_t peer);

/**
 * Asks over a connection whether the peer is there: M2M_COAP_CONNECTION_PONG tells that it is. With custody
 * not 0 that comes when the peer has processed all that went before. Without an answer within
 * pong_timeout_ms the connection ends. M2M_UNKNOWN_ID if the peer has no connection that is open.
 */
int32_t m2m_coap_endpoint_ping_connection(struct m2m_coap_endpoint *endpoint,
                                          uint64_t now_ms,
                                          uint64_t peer,
                                          int32_t custody);

/**
 * Asks the peer to close the connection when all that is under way is done (RFC 8323 section 5.5). No
 * request can begin on it any more. options are those of Release: Alternative-Address (2), where to connect
 * instead, and Hold-Off (4), for how many seconds not to. text is for people, NULL for none.
 *
 * Errors: M2M_UNKNOWN_ID if the peer has no connection that is open, or it is released already; M2M_INVALID
 * for another option; M2M_TOO_LONG for the peer; M2M_FULL.
 */
int32_t m2m_coap_endpoint_release_connection(struct m2m_coap_endpoint *endpoint,
                                             uint64_t now_ms,
                                             uint64_t peer,
                                             const struct m2m_coap_option *options,
                                             size_t options_len,
                                             const char *text);

/**
 * Ends a connection at once, with a word to the peer (RFC 8323 section 5.6): text is for people, NULL for
 * none. All that is under way ends with M2M_COAP_PEER_DOWN; M2M_COAP_CONNECTION_CLOSE follows.
 * M2M_UNKNOWN_ID if the peer has no connection that is open.
 */
int32_t m2m_coap_endpoint_abort_connection(struct m2m_coap_endpoint *endpoint,
                                           uint64_t now_ms,
                                           uint64_t peer,
                                           const char *text);

/**
 * The Release (7.04) or Abort (7.05) that came from a peer last: its code, and the length of its payload,
 * which is text for people. M2M_NOTHING if none did, or the connection is gone.
 */
int32_t m2m_coap_endpoint_signal(const struct m2m_coap_endpoint *endpoint,
                                 uint64_t peer,
                                 struct m2m_coap_message *message);

/**
 * Copies the payload of that message into buf. len gets its length. With buf NULL and cap 0 only len is
 * written. M2M_UNKNOWN_ID if there is none.
 */
int32_t m2m_coap_endpoint_signal_payload(const struct m2m_coap_endpoint *endpoint,
                                         uint64_t peer,
                                         uint8_t *buf,
                                         size_t cap,
                                         size_t *len);

/**
 * Copies the value of an option of that message into buf, as m2m_coap_endpoint_incoming_option() does.
 */
int32_t m2m_coap_endpoint_signal_option(const struct m2m_coap_endpoint *endpoint,
                                        uint64_t peer,
                                        uint16_t number,
                                        size_t index,
                                        uint8_t *buf,
                                        size_t cap,
                                        size_t *len);

/**
 * The meaning of one of enum m2m_coap_error in English: a string that is never NULL and lives for ever.
 */
const char *m2m_coap_error_text(int32_t error);

/**
 * Makes a reader of the datagram of len bytes at data. Whatever the structure held before is forgotten.
 * M2M_MALFORMED if it is no message: m2m_coap_reader_error() says why, and m2m_coap_peek() what to reject.
 */
int32_t m2m_coap_reader_init(struct m2m_coap_reader *reader,
                             const uint8_t *data,
                             size_t len);

/**
 * What is wrong with the datagram, after M2M_MALFORMED: one of enum m2m_coap_error, and where, in bytes from its
 * start. M2M_NOTHING if nothing is.
 */
int32_t m2m_coap_reader_error(const struct m2m_coap_reader *reader,
                              int32_t *error,
                              size_t *offset);

/**
 * Type and message ID of whatever says that it is a message of CoAP, well formed or not: a CON that is malformed
 * is answered with a RST of the same ID. M2M_NOTHING for what is none, which is to be ignored.
 */
int32_t m2m_coap_peek(const uint8_t *data,
                      size_t len,
                      int32_t *type_of,
                      uint16_t *id);

/**
 * The message, but for its options.
 */
int32_t m2m_coap_reader_header(const struct m2m_coap_reader *reader,
                               struct m2m_coap_header *header);

/**
 * The next option, in the order of their numbers. M2M_NOTHING behind the last one. Its value lies in the
 * datagram.
 */
int32_t m2m_coap_reader_next(struct m2m_coap_reader *reader,
                             struct m2m_coap_option *option);

/**
 * Of the options with a number, one of enum m2m_coap_option_number or another, the one at index, from 0.
 * M2M_NOTHING if there are not as many. Its value lies in the datagram.
 */
int32_t m2m_coap_reader_option(const struct m2m_coap_reader *reader,
                               uint16_t number,
                               size_t index,
                               struct m2m_coap_option *option);

/**
 * The value of the first option with this number as a number, such as of M2M_COAP_CONTENT_FORMAT. M2M_NOTHING if
 * there is none, M2M_WRONG_TYPE for one of more than 4 bytes.
 */
int32_t m2m_coap_reader_number(const struct m2m_coap_reader *reader,
                               uint16_t number,
                               uint32_t *value);

/**
 * Copies the path (Uri-Path) of a request into buf, as text such as /sensors/1, and a NUL behind it. len gets its
 * length without the NUL. With buf NULL and cap 0 only len is written. A slash within a segment cannot be told
 * from one between two.
 */
int32_t m2m_coap_reader_path(const struct m2m_coap_reader *reader,
                             char *buf,
                             size_t cap,
                             size_t *len);

/**
 * Copies the query (Uri-Query) of a request into buf, as text such as rt=light&n=2, and a NUL behind it. len gets
 * its length without the NUL. With buf NULL and cap 0 only len is written.
 */
int32_t m2m_coap_reader_query(const struct m2m_coap_reader *reader,
                              char *buf,
                              size_t cap,
                              size_t *len);

/**
 * Makes a writer of a message into buf, which has room for cap bytes: of one of enum m2m_coap_type, with a code
 * as in m2m_coap_header (0 for an empty message), a message ID and a token, which may be NULL for none.
 *
 * Errors: M2M_INVALID for a type or code that there is not; M2M_TOO_LONG for a token above 65804 bytes (above 8,
 * the peer has to know RFC 8974); M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_coap_writer_init(struct m2m_coap_writer *writer,
                             int32_t type_of,
                             int32_t code_of,
                             uint16_t id,
                             const uint8_t *token,
                             size_t token_len,
                             uint8_t *buf,
                             size_t cap);

/**
 * Adds an option: one of enum m2m_coap_option_number or another, not smaller than the one before (M2M_INVALID).
 * M2M_BUFFER_TOO_SMALL and M2M_TOO_LONG leave the message as it was. M2M_NOT_ALLOWED when it is finished.
 */
int32_t m2m_coap_writer_option(struct m2m_coap_writer *writer,
                               uint16_t number,
                               const uint8_t *value,
                               size_t len);

/**
 * Adds an option whose value is a number, such as M2M_COAP_CONTENT_FORMAT, as m2m_coap_writer_option() does.
 */
int32_t m2m_coap_writer_number(struct m2m_coap_writer *writer,
                               uint16_t number,
                               uint32_t value);

/**
 * Adds a path such as /sensors/1: one Uri-Path for each segment, or Location-Path, by number. A slash in front
 * does not count, and "" and "/" add nothing. Errors as of m2m_coap_writer_option(): all is added or nothing.
 */
int32_t m2m_coap_writer_path(struct m2m_coap_writer *writer,
                             uint16_t number,
                             const char *path);

/**
 * Adds a query such as rt=light&n=2: one Uri-Query for each argument, or Location-Query, by number. "" adds
 * nothing. Errors as of m2m_coap_writer_option(): all is added or nothing.
 */
int32_t m2m_coap_writer_query(struct m2m_coap_writer *writer,
                              uint16_t number,
                              const char *query);

/**
 * Ends the message with its payload, none if payload_len is 0. len gets the length of the message, from the start
 * of the buffer.
 *
 * Errors: M2M_BUFFER_TOO_SMALL, and the message can be finished with another payload; M2M_INVALID for a message
 * that nobody would read, such as a request of type M2M_COAP_ACK or an empty message with a token;
 * M2M_NOT_ALLOWED when it is finished already.
 */
int32_t m2m_coap_writer_finish(struct m2m_coap_writer *writer,
                               const uint8_t *payload,
                               size_t payload_len,
                               size_t *len);

/**
 * Makes a reader of the message of a connection at the start of the len bytes at data, as m2m_coap_reader_init() does
 * of a datagram. transport is one of enum m2m_stream_transport: of M2M_STREAM_WEBSOCKET all of the bytes are one
 * message. *needed gets how many of the bytes the message takes. It has neither type nor ID: its header says
 * M2M_COAP_CON and 0.
 *
 * M2M_NOTHING if the bytes are the beginning of a message: *needed gets how many have to be there before more can be
 * said. M2M_MALFORMED if they are none: m2m_coap_reader_error() says why. Nothing is bounded but by the bytes that
 * there are: a length that is above what was announced (Max-Message-Size) is the program's to refuse.
 */
int32_t m2m_coap_reader_init_frame(struct m2m_coap_reader *reader,
                                   int32_t transport,
                                   const uint8_t *data,
                                   size_t len,
                                   size_t *needed);

/**
 * Makes a writer of a message of a connection into buf, as m2m_coap_writer_init() does of a datagram: transport is one
 * of enum m2m_stream_transport, and code_of may be one of enum m2m_coap_signal, whose options have numbers of their
 * own, such as M2M_COAP_MAX_MESSAGE_SIZE.
 *
 * Errors: M2M_INVALID for a transport or code that there is not; M2M_TOO_LONG for a token above 65804 bytes (above 8,
 * the peer has to have said so); M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_coap_writer_init_frame(struct m2m_coap_writer *writer,
                                   int32_t transport,
                                   int32_t code_of,
                                   const uint8_t *token,
                                   size_t token_len,
                                   uint8_t *buf,
                                   size_t cap);

/**
 * Makes a reader of the list of len bytes at data. Whatever the structure held before is forgotten.
 */
int32_t m2m_link_reader_init(struct m2m_link_reader *reader, const uint8_t *data, size_t len);

/**
 * The next link. M2M_NOTHING behind the last one. M2M_MALFORMED where the list is no list any more:
 * m2m_link_reader_error() says more, and the reader is at its end. Links before that were good.
 */
int32_t m2m_link_reader_next(struct m2m_link_reader *reader, struct m2m_link *link);

/**
 * What is wrong, after M2M_MALFORMED: one of enum m2m_coap_error, and where, in bytes from the start of the list.
 * M2M_NOTHING if nothing was wrong so far.
 */
int32_t m2m_link_reader_error(const struct m2m_link_reader *reader,
                              int32_t *error,
                              size_t *offset);

/**
 * The parameter at index, from 0, of the link that was read last. M2M_NOTHING if there are not as many.
 */
int32_t m2m_link_reader_parameter(const struct m2m_link_reader *reader,
                                  size_t index,
                                  struct m2m_link_parameter *parameter);

/**
 * Copies the value of the first parameter of that name, of the link that was read last, into buf, and a NUL behind
 * it; upper and lower case are the same in names, and backslashes are taken out of the value. A flag such as obs has
 * the value "". len gets its length without the NUL. M2M_NOTHING if there is no such parameter. With buf NULL and
 * cap 0 only len is written.
 */
int32_t m2m_link_reader_value(const struct m2m_link_reader *reader,
                              const char *name,
                              char *buf,
                              size_t cap,
                              size_t *len);

/**
 * Copies the item at index, from 0, of a parameter that is a list separated by spaces (rt, if, ct), as
 * m2m_link_reader_value() does. M2M_NOTHING if there are not as many.
 */
int32_t m2m_link_reader_item(const struct m2m_link_reader *reader,
                             const char *name,
                             size_t index,
                             char *buf,
                             size_t cap,
                             size_t *len);

/**
 * The value of the first parameter of that name as a number (sz, ct, ssid). M2M_NOTHING if there is no such
 * parameter, M2M_WRONG_TYPE if its value is not digits only.
 */
int32_t m2m_link_reader_number(const struct m2m_link_reader *reader,
                               const char *name,
                               uint64_t *value);

/**
 * M2M_OK if the link that was read last belongs into the answer to GET /.well-known/core with this query, one
 * argument such as rt=light* or href=/sensors/1 (RFC 6690 section 4.1); M2M_NOTHING if not, or for what is no such
 * query. With several arguments, all have to match.
 */
int32_t m2m_link_reader_matches(const struct m2m_link_reader *reader,
                                const char *query);

/**
 * Makes a writer of a list into buf, which has room for cap bytes.
 */
int32_t m2m_link_writer_init(struct m2m_link_writer *writer, uint8_t *buf, size_t cap);

/**
 * Begins a link to a target, a path or URI without spaces. M2M_INVALID for what cannot stand between < and >;
 * M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_link_writer_link(struct m2m_link_writer *writer,
                             const char *target);

/**
 * Adds a parameter without a value, such as obs, to the link. M2M_INVALID for what is no name of a parameter;
 * M2M_NOT_ALLOWED before the first link; M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_link_writer_flag(struct m2m_link_writer *writer,
                             const char *name);

/**
 * Adds a parameter with a text, in quotation marks where RFC 6690 has them or the text needs them. Several values of
 * rt, if or ct are one text with spaces between them. Errors as of m2m_link_writer_flag().
 */
int32_t m2m_link_writer_text(struct m2m_link_writer *writer,
                             const char *name,
                             const char *text);

/**
 * Adds a parameter with a number (sz, ct). Errors as of m2m_link_writer_flag().
 */
int32_t m2m_link_writer_number(struct m2m_link_writer *writer, const char *name, uint64_t number);

/**
 * The list is done: len gets its length, from the start of the buffer; 0 for one without links. Links may follow
 * nonetheless, and then it is longer.
 */
int32_t m2m_link_writer_finish(struct m2m_link_writer *writer,
                               size_t *len);

/**
 * Copies the registered name of a code, such as "Not Found" of M2M_COAP_NOT_FOUND or "GET" of M2M_COAP_GET, into buf,
 * and a NUL behind it. len gets its length without the NUL. With buf NULL and cap 0 only len is written. M2M_NOTHING
 * for a code without one; M2M_INVALID for a number above 255.
 */
int32_t m2m_coap_code_name(int32_t code_of,
                           char *buf,
                           size_t cap,
                           size_t *len);

/**
 * Copies the media type of a content format, such as "application/senml+cbor" of 112, into buf, and a NUL behind it,
 * as m2m_coap_code_name() does. M2M_NOTHING for a number that the library has no media type of; M2M_INVALID for one
 * above 65535.
 */
int32_t m2m_coap_media_type(int32_t format,
                            char *buf,
                            size_t cap,
                            size_t *len);

/**
 * The content format of a media type, which is written as m2m_coap_media_type() does, upper or lower case. M2M_NOTHING
 * for a media type that the library does not know.
 */
int32_t m2m_coap_format_of(const char *media_type,
                           int32_t *format);

/**
 * What an option is of a message with this code: the number of an option means something else in each of enum
 * m2m_coap_signal, and the same in all others, such as 0. M2M_INVALID for a code above 255.
 */
int32_t m2m_coap_option_describe(int32_t message_code,
                                 uint16_t number,
                                 struct m2m_coap_option_properties *properties);

/**
 * Copies the registered name of an option of a message with this code, such as "Uri-Path" of M2M_COAP_URI_PATH, into
 * buf, and a NUL behind it, as m2m_coap_code_name() does. M2M_NOTHING for an option without one; M2M_INVALID for a
 * code above 255.
 */
int32_t m2m_coap_option_name(int32_t message_code,
                             uint16_t number,
                             char *buf,
                             size_t cap,
                             size_t *len);

/**
 * Fills a configuration for some hundred clients. Call it as
 * m2m_lwm2m_server_config_init(&config, sizeof config).
 */
int32_t m2m_lwm2m_server_config_init(struct m2m_lwm2m_server_config *config, size_t struct_size);

/**
 * Makes a server.
 *
 * seed_bytes points to 32 random bytes, different at every start, from which everything follows that peers
 * must not be able to guess. On success, *server is the new handle. Everything is copied.
 *
 * Errors: M2M_INVALID for a member of the configuration that is out of its range, M2M_OUT_OF_MEMORY.
 */
int32_t m2m_lwm2m_server_new(const struct m2m_lwm2m_server_config *config,
                             const uint8_t *seed_bytes,
                             struct m2m_lwm2m_server **server);

/**
 * Frees a server. NULL is fine. M2M_BUSY, and nothing is freed, while the handle is inside another
 * call. A poisoned handle can be freed.
 */
int32_t m2m_lwm2m_server_free(struct m2m_lwm2m_server *server);

/**
 * The tag that the configuration gave the server. Always works. 0 for NULL.
 */
uint64_t m2m_lwm2m_server_tag(const struct m2m_lwm2m_server *server);

/**
 * Takes a datagram that arrived from a peer: any number that the application gives its address, or
 * its security session. A bad datagram is no error: M2M_OK if it had its effect, else M2M_DUPLICATE,
 * M2M_REFUSED or M2M_IGNORED. Then poll for datagrams to send, for events and for the deadline.
 */
int32_t m2m_lwm2m_server_handle_datagram(struct m2m_lwm2m_server *server,
                                         uint64_t now_ms,
                                         uint64_t peer,
                                         const uint8_t *data,
                                         size_t len);

/**
 * Tells the server that time has passed: to be called when m2m_lwm2m_server_poll_timeout() says.
 * Calling it early or twice is harmless.
 */
int32_t m2m_lwm2m_server_handle_timeout(struct m2m_lwm2m_server *server, uint64_t now_ms);

/**
 * Writes the next datagram to send into buf, which has room for cap bytes. M2M_NOTHING when there is
 * none, and while records of the journal wait. M2M_BUFFER_TOO_SMALL loses nothing; message_size of the
 * configuration is enough.
 *
 * To be called after every other call that takes the time, until it returns M2M_NOTHING.
 */
int32_t m2m_lwm2m_server_poll_transmit(struct m2m_lwm2m_server *server,
                                       uint64_t now_ms,
                                       uint8_t *buf,
                                       size_t cap,
                                       struct m2m_transmit *transmit);

/**
 * The next thing that the application should know. M2M_NOTHING when there is none.
 */
int32_t m2m_lwm2m_server_poll_event(struct m2m_lwm2m_server *server,
                                    struct m2m_lwm2m_server_event *event);

/**
 * When m2m_lwm2m_server_handle_timeout() should be called next, in milliseconds on the caller's clock;
 * M2M_NEVER when the server waits for nothing, and where another function would return an error.
 */
uint64_t m2m_lwm2m_server_poll_timeout(const struct m2m_lwm2m_server *server);

/**
 * Tells that the address or security session of a peer is gone. Its registrations stay; what is under
 * way with it fails, or waits for the client if that is in queue mode.
 */
int32_t m2m_lwm2m_server_forget_peer(struct m2m_lwm2m_server *server,
                                     uint64_t now_ms,
                                     uint64_t peer);

/**
 * Tells that the security session of a peer has authenticated it as this endpoint: it registers under
 * this name and no other. NULL forgets. M2M_INVALID for a name that is empty or longer than 255 bytes.
 */
int32_t m2m_lwm2m_server_identify(struct m2m_lwm2m_server *server,
                                  uint64_t peer,
                                  const char *endpoint);

/**
 * Tells the server what time it is, in milliseconds since 1970-01-01T00:00:00Z, for what the journal
 * says of times. To be told again whenever the clock was set.
 */
int32_t m2m_lwm2m_server_set_wall_clock(struct m2m_lwm2m_server *server,
                                        uint64_t now_ms,
                                        int64_t unix_ms);

/**
 * Adds the definition of an object, to type its resources by; it replaces one of the same ID and
 * version. The standard's objects are always there.
 */
int32_t m2m_lwm2m_server_add_object(struct m2m_lwm2m_server *server,
                                    const struct m2m_object *object);

/**
 * How many registrations are in force: *count gets it.
 */
int32_t m2m_lwm2m_server_registration_count(const struct m2m_lwm2m_server *server, uint32_t *count);

/**
 * What the CoAP endpoint below the server has counted.
 */
int32_t m2m_lwm2m_server_counters(const struct m2m_lwm2m_server *server,
                                  struct m2m_counters *counters);

/**
 * What the server itself has counted.
 */
int32_t m2m_lwm2m_server_own_counters(const struct m2m_lwm2m_server *server,
                                      struct m2m_lwm2m_server_counts *counts);

/**
 * The registration that id names. One that ended can be looked at until the event behind its end is
 * polled; then it is M2M_UNKNOWN_ID.
 */
int32_t m2m_lwm2m_server_registration(const struct m2m_lwm2m_server *server,
                                      uint64_t id,
                                      struct m2m_lwm2m_registered_client *registration);

/**
 * Copies the Endpoint Client Name of a registration into buf, and a NUL behind it. len gets its length
 * without the NUL. With buf NULL and cap 0 only len is written.
 */
int32_t m2m_lwm2m_server_endpoint(const struct m2m_lwm2m_server *server,
                                  uint64_t id,
                                  char *buf,
                                  size_t cap,
                                  size_t *len);

/**
 * Copies the path by which the client updates and ends a registration (/rd/...) into buf, as
 * m2m_lwm2m_server_endpoint() does.
 */
int32_t m2m_lwm2m_server_location(const struct m2m_lwm2m_server *server,
                                  uint64_t id,
                                  char *buf,
                                  size_t cap,
                                  size_t *len);

/**
 * Copies what stands before the objects in the client's paths, such as /lwm2m, into buf, as
 * m2m_lwm2m_server_endpoint() does: empty for most.
 */
int32_t m2m_lwm2m_server_alternate_path(const struct m2m_lwm2m_server *server,
                                        uint64_t id,
                                        char *buf,
                                        size_t cap,
                                        size_t *len);

/**
 * Copies the letters of the transports by which a client can be reached, with Q for queue mode, such as UQ, into buf,
 * as m2m_lwm2m_server_endpoint() does.
 */
int32_t m2m_lwm2m_server_binding(const struct m2m_lwm2m_server *server,
                                 uint64_t id,
                                 char *buf,
                                 size_t cap,
                                 size_t *len);

/**
 * The version of an object of a client, told or implied by that of the enabler: *major and *minor. M2M_NOTHING if the
 * client does not have the object.
 */
int32_t m2m_lwm2m_server_object_version(const struct m2m_lwm2m_server *server,
                                        uint64_t id,
                                        uint16_t object_id,
                                        uint8_t *major,
                                        uint8_t *minor);

/**
 * Whether a client takes and gives a content format, one of enum m2m_lwm2m_format, as far as is known: M2M_OK, else
 * M2M_NOTHING.
 */
int32_t m2m_lwm2m_server_accepts(const struct m2m_lwm2m_server *server,
                                 uint64_t id,
                                 int32_t format);

/**
 * The link at index, from 0: the path of an object or of an object instance that the client has.
 * M2M_NOTHING if there are not as many.
 */
int32_t m2m_lwm2m_server_link(const struct m2m_lwm2m_server *server,
                              uint64_t id,
                              size_t index,
                              struct m2m_path *path);

/**
 * Copies the value of an additional parameter of a registration (sms, pid, and what the standard does
 * not know) into buf, and a NUL behind it. M2M_NOTHING if the client did not tell it.
 */
int32_t m2m_lwm2m_server_parameter(const struct m2m_lwm2m_server *server,
                                   uint64_t id,
                                   const char *name,
                                   char *buf,
                                   size_t cap,
                                   size_t *len);

/**
 * Copies the name of the additional parameter at index, from 0, as m2m_lwm2m_server_parameter() copies its value.
 * M2M_NOTHING if there are not as many.
 */
int32_t m2m_lwm2m_server_parameter_name(const struct m2m_lwm2m_server *server,
                                        uint64_t id,
                                        size_t index,
                                        char *buf,
                                        size_t cap,
                                        size_t *len);

/**
 * The registration of an endpoint. M2M_NOTHING if there is none.
 */
int32_t m2m_lwm2m_server_find(const struct m2m_lwm2m_server *server,
                              const char *endpoint,
                              uint64_t *id);

/**
 * The registration at index, from 0, in no particular order, which stays as long as none comes or
 * goes. M2M_NOTHING if there are not as many.
 */
int32_t m2m_lwm2m_server_registration_at(const struct m2m_lwm2m_server *server,
                                         size_t index,
                                         uint64_t *id);

/**
 * The type of a resource of a client: *type_of gets one of enum m2m_type. It is that of the object in the version
 * that the client has, if the server knows this one. M2M_NOTHING if it knows none.
 */
int32_t m2m_lwm2m_server_resource_type(const struct m2m_lwm2m_server *server,
                                       uint64_t registration,
                                       struct m2m_path path,
                                       int32_t *type_of);

/**
 * Ends a registration without the client's doing; the client learns of it by the 4.04 to its next
 * Update.
 */
int32_t m2m_lwm2m_server_remove(struct m2m_lwm2m_server *server, uint64_t now_ms, uint64_t id);

/**
 * Copies the registered name of an object, such as "IPSO Temperature" of 3303, into buf, and a NUL behind it. len gets
 * its length without the NUL. With buf NULL and cap 0 only len is written. M2M_NOTHING for an object that the library
 * does not know.
 */
int32_t m2m_lwm2m_object_name(uint16_t object_id,
                              char *buf,
                              size_t cap,
                              size_t *len);

/**
 * Copies the registered name of a resource, such as "Sensor Value" of /3303/x/5700, as m2m_lwm2m_object_name() does.
 * M2M_NOTHING for a resource that the library does not know.
 */
int32_t m2m_lwm2m_resource_name(uint16_t object_id,
                                uint16_t resource_id,
                                char *buf,
                                size_t cap,
                                size_t *len);

/**
 * Fills an operation: a Read. Call it as m2m_lwm2m_operation_init(&operation, sizeof operation).
 */
int32_t m2m_lwm2m_operation_init(struct m2m_lwm2m_operation *operation, size_t struct_size);

/**
 * Asks something of a client. *id names the operation from now on; exactly one
 * M2M_LWM2M_SERVER_RESPONSE or M2M_LWM2M_SERVER_FAILED tells how it ended. For a client in queue mode
 * that sleeps, it waits.
 *
 * Errors: M2M_UNKNOWN_ID for a registration or observation that is no more; M2M_INVALID for what cannot
 * be asked so, with this path or in this format; M2M_TOO_LONG; M2M_FULL.
 */
int32_t m2m_lwm2m_server_request(struct m2m_lwm2m_server *server,
                                 uint64_t now_ms,
                                 uint64_t registration,
                                 const struct m2m_lwm2m_operation *operation,
                                 uint64_t *id);

/**
 * Reads a path of a client, in a format that it has: the short form of M2M_LWM2M_READ.
 */
int32_t m2m_lwm2m_server_read(struct m2m_lwm2m_server *server,
                              uint64_t now_ms,
                              uint64_t registration,
                              struct m2m_path path,
                              uint64_t *id);

/**
 * Gives an operation up. M2M_LWM2M_SERVER_FAILED follows.
 */
int32_t m2m_lwm2m_server_abort(struct m2m_lwm2m_server *server, uint64_t now_ms, uint64_t id);

/**
 * The operation at index, from 0, of those for a registration, in the order in which they were asked
 * for. M2M_UNKNOWN_ID if there are not as many.
 */
int32_t m2m_lwm2m_server_pending_at(const struct m2m_lwm2m_server *server,
                                    uint64_t registration,
                                    size_t index,
                                    struct m2m_lwm2m_pending *pending);

/**
 * The operation that id names, as long as it is not over, or its answer was not released.
 */
int32_t m2m_lwm2m_server_pending(const struct m2m_lwm2m_server *server,
                                 uint64_t id,
                                 struct m2m_lwm2m_pending *pending);

/**
 * The path at index, from 0, of those that an operation is about. M2M_NOTHING if there are not as many.
 */
int32_t m2m_lwm2m_server_pending_path(const struct m2m_lwm2m_server *server,
                                      uint64_t id,
                                      size_t index,
                                      struct m2m_path *path);

/**
 * Copies the attributes of an operation (Write-Attributes, Observe), such as pmin=1&gt=20, into buf, and a NUL
 * behind them. len gets their length without the NUL, 0 for none. M2M_BUFFER_TOO_SMALL if cap is not above it.
 */
int32_t m2m_lwm2m_server_pending_attributes(const struct m2m_lwm2m_server *server,
                                            uint64_t id,
                                            char *buf,
                                            size_t cap,
                                            size_t *len);

/**
 * How many operations wait or are under way, of all clients.
 */
int32_t m2m_lwm2m_server_open_operations(const struct m2m_lwm2m_server *server, uint32_t *count);

/**
 * The content of one of enum m2m_lwm2m_content_of, until it is released.
 */
int32_t m2m_lwm2m_server_content(const struct m2m_lwm2m_server *server,
                                 int32_t of,
                                 uint64_t id,
                                 struct m2m_lwm2m_content *content);

/**
 * Copies the payload as it came into buf. len gets its length. M2M_BUFFER_TOO_SMALL if cap is below it.
 * With buf NULL and cap 0 only len is written. That of M2M_LWM2M_DISCOVER is text in the CoRE Link Format.
 */
int32_t m2m_lwm2m_server_content_payload(const struct m2m_lwm2m_server *server,
                                         int32_t of,
                                         uint64_t id,
                                         uint8_t *buf,
                                         size_t cap,
                                         size_t *len);

/**
 * Reads the values of a content, from the one at index first, into values, which has room for cap of
 * them. count gets how many there were. M2M_NOTHING if there is none at first. M2M_MALFORMED for a
 * payload that is not well formed, or of a format that has no values; those before are lost with it.
 */
int32_t m2m_lwm2m_server_content_values(const struct m2m_lwm2m_server *server,
                                        int32_t of,
                                        uint64_t id,
                                        size_t first,
                                        struct m2m_lwm2m_value *values,
                                        size_t cap,
                                        size_t *count);

/**
 * Copies the value at index in a content into buf: of M2M_STRING and M2M_CORELNK with a NUL behind it, of
 * M2M_OPAQUE without. len gets its length. M2M_WRONG_TYPE for another type, M2M_NOTHING if there are not
 * as many.
 */
int32_t m2m_lwm2m_server_content_bytes(const struct m2m_lwm2m_server *server,
                                       int32_t of,
                                       uint64_t id,
                                       size_t index,
                                       uint8_t *buf,
                                       size_t cap,
                                       size_t *len);

/**
 * Gives the content of an answer, a notification or a Send back; its id names nothing from then on.
 */
int32_t m2m_lwm2m_server_release(struct m2m_lwm2m_server *server, int32_t of, uint64_t id);

/**
 * The observation that id names.
 */
int32_t m2m_lwm2m_server_observation(const struct m2m_lwm2m_server *server,
                                     uint64_t id,
                                     struct m2m_lwm2m_observation *observation);

/**
 * The observation at index, from 0, of a registration. M2M_NOTHING if there are not as many.
 */
int32_t m2m_lwm2m_server_observation_at(const struct m2m_lwm2m_server *server,
                                        uint64_t registration,
                                        size_t index,
                                        uint64_t *id);

/**
 * The observation of one path of a client. M2M_NOTHING if there is none.
 */
int32_t m2m_lwm2m_server_find_observation(const struct m2m_lwm2m_server *server,
                                          uint64_t registration,
                                          struct m2m_path path,
                                          uint64_t *id);

/**
 * The observation of several paths of a client (1.1): of these paths, in this order. M2M_NOTHING if there is
 * none.
 */
int32_t m2m_lwm2m_server_find_composite(const struct m2m_lwm2m_server *server,
                                        uint64_t registration,
                                        const struct m2m_path *paths,
                                        size_t paths_len,
                                        uint64_t *id);

/**
 * The path at index, from 0, of those that an observation is of. M2M_NOTHING if there are not as many.
 */
int32_t m2m_lwm2m_server_observed_path(const struct m2m_lwm2m_server *server,
                                       uint64_t id,
                                       size_t index,
                                       struct m2m_path *path);

/**
 * Copies the attributes that an observation was asked for with (1.2), such as pmin=1&gt=20, into buf, and a NUL
 * behind them. len gets their length without the NUL, 0 for none. M2M_BUFFER_TOO_SMALL if cap is not above it.
 */
int32_t m2m_lwm2m_server_observation_attributes(const struct m2m_lwm2m_server *server,
                                                uint64_t id,
                                                char *buf,
                                                size_t cap,
                                                size_t *len);

/**
 * Ends an observation without telling the client, which learns of it when its next notification is
 * rejected. No event follows. M2M_LWM2M_CANCEL_OBSERVATION tells it.
 */
int32_t m2m_lwm2m_server_forget_observation(struct m2m_lwm2m_server *server,
                                            uint64_t now_ms,
                                            uint64_t id);

/**
 * The next record to keep, with journal in the configuration. *deleted is 0 for bytes that are to be
 * put under *key, in place of what is there; they are copied into buf, len gets their length. It is 1
 * if what is under *key is to be deleted. M2M_NOTHING if there is none. M2M_BUFFER_TOO_SMALL loses
 * nothing: registration_bytes and 128 more are enough for all but long operations.
 *
 * As long as records wait, m2m_lwm2m_server_poll_transmit() gives none: what a client was told is then
 * true after a restart as well, if records are safe before datagrams are polled.
 */
int32_t m2m_lwm2m_server_poll_journal(struct m2m_lwm2m_server *server,
                                      uint64_t *key,
                                      int32_t *deleted,
                                      uint8_t *buf,
                                      size_t cap,
                                      size_t *len);

/**
 * Takes back what was kept under a key. To be called for all keys in ascending order, after the server
 * was made and m2m_lwm2m_server_set_wall_clock() was told, and before anything else; then
 * m2m_lwm2m_server_finish_restore(). Peers must have the numbers that they had. M2M_MALFORMED for bytes
 * that are no record, or that do not fit to those before; the server is as before.
 */
int32_t m2m_lwm2m_server_restore(struct m2m_lwm2m_server *server,
                                 uint64_t now_ms,
                                 uint64_t key,
                                 const uint8_t *data,
                                 size_t len);

/**
 * Tells that everything was given back.
 */
int32_t m2m_lwm2m_server_finish_restore(struct m2m_lwm2m_server *server, uint64_t now_ms);

/**
 * The registration of a device behind a gateway, at index, from 0, the newest first. M2M_NOTHING if there are
 * not as many.
 */
int32_t m2m_lwm2m_server_child_at(const struct m2m_lwm2m_server *server,
                                  uint64_t gateway,
                                  size_t index,
                                  uint64_t *id);

/**
 * Asks a gateway anew for the devices behind it. It is asked by itself when it registers and when its list of
 * objects changes.
 *
 * Errors: M2M_UNKNOWN_ID for what is no gateway; M2M_FULL.
 */
int32_t m2m_lwm2m_server_survey(struct m2m_lwm2m_server *server,
                                uint64_t now_ms,
                                uint64_t gateway);

/**
 * Adds a device behind a gateway, or changes what is known of it. links are its objects in the form of a
 * registration's link list: </3/0>,</3303/0>. *id gets its registration; M2M_LWM2M_SERVER_REGISTERED or
 * M2M_LWM2M_SERVER_UPDATED follows.
 *
 * Errors: M2M_UNKNOWN_ID for a gateway that is not there; M2M_INVALID for an endpoint name that is empty or
 * another registration's, a prefix that is no single segment or a number, or what is no link list;
 * M2M_TOO_LONG; M2M_FULL.
 */
int32_t m2m_lwm2m_server_add_child(struct m2m_lwm2m_server *server,
                                   uint64_t now_ms,
                                   uint64_t gateway,
                                   const char *endpoint,
                                   const char *prefix,
                                   const char *links,
                                   uint64_t *id);

/**
 * The registration whose client is at a peer. M2M_NOTHING if there is none.
 */
int32_t m2m_lwm2m_server_find_peer(const struct m2m_lwm2m_server *server,
                                   uint64_t peer,
                                   uint64_t *id);

/**
 * Tells what the clients of a profile (1.2) have, in the form of a registration's link list: for profiles
 * whose list is agreed on beforehand. It replaces what was known of it.
 *
 * Errors: M2M_INVALID for what is no ID or no link list; M2M_TOO_LONG; M2M_FULL.
 */
int32_t m2m_lwm2m_server_set_profile(struct m2m_lwm2m_server *server,
                                     const char *profile,
                                     const char *links);

/**
 * Forgets a profile; the next client that names it alone has to send its list. Registrations keep what they
 * have. M2M_UNKNOWN_ID if it is not known.
 */
int32_t m2m_lwm2m_server_remove_profile(struct m2m_lwm2m_server *server,
                                        const char *profile);

/**
 * Copies the ID of the profile at index, from 0, of those that are known, into buf, and a NUL behind it. len
 * gets its length without the NUL. M2M_NOTHING if there are not as many.
 */
int32_t m2m_lwm2m_server_profile_at(const struct m2m_lwm2m_server *server,
                                    size_t index,
                                    char *buf,
                                    size_t cap,
                                    size_t *len);

/**
 * Copies the alternate path of the clients of the profile at index, with its slash, into buf, and a NUL behind it; ""
 * for none. Otherwise as m2m_lwm2m_server_profile_at().
 */
int32_t m2m_lwm2m_server_profile_alternate_path(const struct m2m_lwm2m_server *server,
                                                size_t index,
                                                char *buf,
                                                size_t cap,
                                                size_t *len);

/**
 * The link at link_index, from 0, of the profile at index, from 0: the path of an object or of an object instance that
 * its clients have. M2M_NOTHING if there are not as many of either.
 */
int32_t m2m_lwm2m_server_profile_link(const struct m2m_lwm2m_server *server,
                                      size_t index,
                                      size_t link_index,
                                      struct m2m_path *path);

/**
 * Makes a server that may have connections (TCP, TLS, WebSocket) besides. Otherwise as m2m_lwm2m_server_new().
 */
int32_t m2m_lwm2m_server_new_with_streams(const struct m2m_lwm2m_server_config *config,
                                          const struct m2m_stream_config *streams,
                                          const uint8_t *seed_bytes,
                                          struct m2m_lwm2m_server **server);

/**
 * Tells that a connection is there, made or accepted: peer is a number of its own, which no datagrams come
 * from. transport is one of enum m2m_stream_transport. What is to be sent to peer goes out over it, one
 * whole message for each m2m_lwm2m_server_poll_transmit().
 *
 * Errors: M2M_FULL, then it is to be closed; M2M_INVALID if the number names a connection already;
 * M2M_NOT_ALLOWED for a handle that was made without connections.
 */
int32_t m2m_lwm2m_server_connected(struct m2m_lwm2m_server *server,
                                   uint64_t now_ms,
                                   uint64_t peer,
                                   int32_t transport);

/**
 * Takes bytes that came over a connection, and sets *taken to how many of them were taken: fewer than len
 * while answers wait to be sent. Then poll for what is to be sent, and hand in the rest. Of
 * M2M_STREAM_WEBSOCKET exactly one message.
 */
int32_t m2m_lwm2m_server_handle_stream(struct m2m_lwm2m_server *server,
                                       uint64_t now_ms,
                                       uint64_t peer,
                                       const uint8_t *data,
                                       size_t len,
                                       size_t *taken);

/**
 * Tells that a connection is gone, by whichever side. What is under way with it fails, or waits for
 * the client if that is in queue mode; its registrations stay, and their observations are set up anew when
 * the client comes back.
 */
int32_t m2m_lwm2m_server_disconnected(struct m2m_lwm2m_server *server,
                                      uint64_t now_ms,
                                      uint64_t peer);

/**
 * Makes the security context of an endpoint: what comes under it is the endpoint's, wherever it comes from,
 * and what is asked of a client that came under it goes
 * under it, and in no other way. *id names the context. Before anything is
 * sent under it a first M2M_LWM2M_SERVER_SEQUENCE_RESERVED has to be taken; not with
 * M2M_COAP_RENEWED_KEYS.
 *
 * Errors: M2M_FULL above security_contexts of the configuration; M2M_TOO_LONG for ids that are too long;
 * M2M_INVALID for an endpoint name that is empty, longer than 255 bytes or has a context, for an empty
 * secret, equal ids, an algorithm that is not known, or an ID context with M2M_COAP_RENEWED_KEYS.
 */
int32_t m2m_lwm2m_server_add_security_context(struct m2m_lwm2m_server *server,
                                              const char *endpoint,
                                              const struct m2m_coap_security *security,
                                              uint64_t *id);

/**
 * Makes a security context in the place of another, of the same endpoint or not: the other is removed, or
 * all stays as it is. *new_id names the new one.
 *
 * Errors: M2M_UNKNOWN_ID if id names none; else those of m2m_lwm2m_server_add_security_context().
 */
int32_t m2m_lwm2m_server_replace_security_context(struct m2m_lwm2m_server *server,
                                                  uint64_t now_ms,
                                                  uint64_t id,
                                                  const char *endpoint,
                                                  const struct m2m_coap_security *security,
                                                  uint64_t *new_id);

/**
 * Removes a security context. What is under way under it fails; whoever came under it is
 * not asked for anything until the endpoint has a context again.
 */
int32_t m2m_lwm2m_server_remove_security_context(struct m2m_lwm2m_server *server,
                                                 uint64_t now_ms,
                                                 uint64_t id);

/**
 * Fills a configuration for some dozens of clients at a time. Call it as
 * m2m_lwm2m_bootstrap_server_config_init(&config, sizeof config).
 */
int32_t m2m_lwm2m_bootstrap_server_config_init(struct m2m_lwm2m_bootstrap_server_config *config,
                                               size_t struct_size);

/**
 * Makes a bootstrap server without rules.
 *
 * seed_bytes points to 32 random bytes, different at every start, from which everything follows that peers
 * must not be able to guess. On success, *server is the new handle. Everything is copied.
 *
 * Errors: M2M_INVALID for a member of the configuration that is out of its range, M2M_OUT_OF_MEMORY.
 */
int32_t m2m_lwm2m_bootstrap_server_new(const struct m2m_lwm2m_bootstrap_server_config *config,
                                       const uint8_t *seed_bytes,
                                       struct m2m_lwm2m_bootstrap_server **server);

/**
 * Frees a bootstrap server. NULL is fine. M2M_BUSY, and nothing is freed, while the handle is inside
 * another call. A poisoned handle can be freed.
 */
int32_t m2m_lwm2m_bootstrap_server_free(struct m2m_lwm2m_bootstrap_server *server);

/**
 * The tag that the configuration gave the server. Always works. 0 for NULL.
 */
uint64_t m2m_lwm2m_bootstrap_server_tag(const struct m2m_lwm2m_bootstrap_server *server);

/**
 * Takes a datagram that arrived from a peer: any number that the application gives its address, or
 * its security session. A bad datagram is no error: M2M_OK if it had its effect, else M2M_DUPLICATE,
 * M2M_REFUSED or M2M_IGNORED. Then poll for datagrams to send, for events and for the deadline.
 */
int32_t m2m_lwm2m_bootstrap_server_handle_datagram(struct m2m_lwm2m_bootstrap_server *server,
                                                   uint64_t now_ms,
                                                   uint64_t peer,
                                                   const uint8_t *data,
                                                   size_t len);

/**
 * Tells the server that time has passed: to be called when
 * m2m_lwm2m_bootstrap_server_poll_timeout() says. Calling it early or twice is harmless.
 */
int32_t m2m_lwm2m_bootstrap_server_handle_timeout(struct m2m_lwm2m_bootstrap_server *server,
                                                  uint64_t now_ms);

/**
 * Writes the next datagram to send into buf, which has room for cap bytes. M2M_NOTHING when there is
 * none. M2M_BUFFER_TOO_SMALL loses nothing; message_size of the configuration is enough.
 *
 * To be called after every other call that takes the time, until it returns M2M_NOTHING.
 */
int32_t m2m_lwm2m_bootstrap_server_poll_transmit(struct m2m_lwm2m_bootstrap_server *server,
                                                 uint64_t now_ms,
                                                 uint8_t *buf,
                                                 size_t cap,
                                                 struct m2m_transmit *transmit);

/**
 * The next thing that the application should know. M2M_NOTHING when there is none.
 */
int32_t m2m_lwm2m_bootstrap_server_poll_event(struct m2m_lwm2m_bootstrap_server *server,
                                              struct m2m_lwm2m_bootstrap_event *event);

/**
 * When m2m_lwm2m_bootstrap_server_handle_timeout() should be called next, in milliseconds on the
 * caller's clock; M2M_NEVER when the server waits for nothing, and where another function would return
 * an error.
 */
uint64_t m2m_lwm2m_bootstrap_server_poll_timeout(const struct m2m_lwm2m_bootstrap_server *server);

/**
 * Tells that the address or security session of a peer is gone: its session fails with
 * M2M_LWM2M_STEP_PEER_DOWN.
 */
int32_t m2m_lwm2m_bootstrap_server_forget_peer(struct m2m_lwm2m_bootstrap_server *server,
                                               uint64_t now_ms,
                                               uint64_t peer);

/**
 * Tells that the security session of a peer has authenticated it as this endpoint: it is bootstrapped
 * under this name and no other, with or without saying so. NULL forgets. M2M_INVALID for a name that is
 * empty or longer than 255 bytes, M2M_FULL.
 */
int32_t m2m_lwm2m_bootstrap_server_identify(struct m2m_lwm2m_bootstrap_server *server,
                                            uint64_t peer,
                                            const char *endpoint);

/**
 * Adds the definition of an object, to write its resources by; it replaces one of the same ID and
 * version. The standard's objects are always there.
 */
int32_t m2m_lwm2m_bootstrap_server_add_object(struct m2m_lwm2m_bootstrap_server *server,
                                              const struct m2m_object *object);

/**
 * What the CoAP endpoint below the server has counted.
 */
int32_t m2m_lwm2m_bootstrap_server_counters(const struct m2m_lwm2m_bootstrap_server *server,
                                            struct m2m_counters *counters);

/**
 * What the bootstrap server itself has counted.
 */
int32_t m2m_lwm2m_bootstrap_server_own_counters(const struct m2m_lwm2m_bootstrap_server *server,
                                                struct m2m_lwm2m_bootstrap_counts *counts);

/**
 * Fills an account with the defaults. Call it as
 * m2m_lwm2m_bootstrap_account_init(&account, sizeof account).
 */
int32_t m2m_lwm2m_bootstrap_account_init(struct m2m_lwm2m_bootstrap_account *account,
                                         size_t struct_size);

/**
 * Fills a configuration with the defaults, and no steps. Call it as
 * m2m_lwm2m_bootstrap_configuration_init(&configuration, sizeof configuration).
 */
int32_t m2m_lwm2m_bootstrap_configuration_init(struct m2m_lwm2m_bootstrap_configuration *configuration,
                                               size_t struct_size);

/**
 * Sets what the clients of a rule are given, in place of what they were: kind is one of enum
 * m2m_lwm2m_bootstrap_rule. Sessions that are under way go on with what they began with.
 *
 * Errors: M2M_INVALID for an empty name or one of more than 255 bytes, and for steps that cannot be;
 * M2M_TOO_LONG; M2M_FULL.
 */
int32_t m2m_lwm2m_bootstrap_server_set_configuration(struct m2m_lwm2m_bootstrap_server *server,
                                                     int32_t kind,
                                                     const char *name,
                                                     const struct m2m_lwm2m_bootstrap_configuration *configuration);

/**
 * Removes a rule. M2M_NOTHING if there is none.
 */
int32_t m2m_lwm2m_bootstrap_server_remove_configuration(struct m2m_lwm2m_bootstrap_server *server,
                                                        int32_t kind,
                                                        const char *name);

/**
 * How many rules there are.
 */
int32_t m2m_lwm2m_bootstrap_server_configuration_count(const struct m2m_lwm2m_bootstrap_server *server,
                                                       uint32_t *count);

/**
 * The session that id names. One that ended can be looked at until the event behind its end is polled;
 * then it is M2M_UNKNOWN_ID.
 */
int32_t m2m_lwm2m_bootstrap_server_session(const struct m2m_lwm2m_bootstrap_server *server,
                                           uint64_t id,
                                           struct m2m_lwm2m_bootstrap_session *session);

/**
 * Copies the Endpoint Client Name of a session into buf, and a NUL behind it. len gets its length
 * without the NUL. With buf NULL and cap 0 only len is written.
 */
int32_t m2m_lwm2m_bootstrap_server_endpoint(const struct m2m_lwm2m_bootstrap_server *server,
                                            uint64_t id,
                                            char *buf,
                                            size_t cap,
                                            size_t *len);

/**
 * The session that is under way with an endpoint. M2M_NOTHING if there is none.
 */
int32_t m2m_lwm2m_bootstrap_server_find(const struct m2m_lwm2m_bootstrap_server *server,
                                        const char *endpoint,
                                        uint64_t *id);

/**
 * The session at index, from 0, of those that are not over, in no particular order, which stays as long
 * as none begins or ends. M2M_NOTHING if there are not as many.
 */
int32_t m2m_lwm2m_bootstrap_server_session_at(const struct m2m_lwm2m_bootstrap_server *server,
                                              size_t index,
                                              uint64_t *id);

/**
 * Begins a session that the client did not ask for: it is known to listen at peer. *id names the session.
 *
 * Errors: those of m2m_lwm2m_bootstrap_server_set_configuration().
 */
int32_t m2m_lwm2m_bootstrap_server_start(struct m2m_lwm2m_bootstrap_server *server,
                                         uint64_t now_ms,
                                         uint64_t peer,
                                         const char *endpoint,
                                         const struct m2m_lwm2m_bootstrap_configuration *configuration,
                                         uint64_t *id);

/**
 * Gives the client of M2M_LWM2M_SESSION_REQUESTED a configuration: M2M_LWM2M_SESSION_STARTED follows.
 *
 * Errors: M2M_UNKNOWN_ID if it is not asked for any more, and those of
 * m2m_lwm2m_bootstrap_server_set_configuration().
 */
int32_t m2m_lwm2m_bootstrap_server_accept(struct m2m_lwm2m_bootstrap_server *server,
                                          uint64_t now_ms,
                                          uint64_t id,
                                          const struct m2m_lwm2m_bootstrap_configuration *configuration);

/**
 * Refuses the client of M2M_LWM2M_SESSION_REQUESTED with one of enum m2m_coap_code, an error; where
 * nothing else fits, M2M_COAP_BAD_REQUEST. Errors: M2M_UNKNOWN_ID if it is not asked for any more.
 */
int32_t m2m_lwm2m_bootstrap_server_refuse(struct m2m_lwm2m_bootstrap_server *server,
                                          uint64_t now_ms,
                                          uint64_t id,
                                          int32_t code);

/**
 * Adds a step to a session that is not over, behind those that it has.
 *
 * Errors: M2M_UNKNOWN_ID if it is over or not begun, M2M_INVALID for a step that cannot be, M2M_FULL.
 */
int32_t m2m_lwm2m_bootstrap_server_push(struct m2m_lwm2m_bootstrap_server *server,
                                        uint64_t now_ms,
                                        uint64_t id,
                                        const struct m2m_lwm2m_bootstrap_step *step);

/**
 * Gives a session up: M2M_LWM2M_SESSION_ENDED follows. The client discards what it got when nothing
 * follows. M2M_UNKNOWN_ID if it is over already.
 */
int32_t m2m_lwm2m_bootstrap_server_abort(struct m2m_lwm2m_bootstrap_server *server,
                                         uint64_t now_ms,
                                         uint64_t id);

/**
 * The answer to a step of a session, as long as the session can be looked at. M2M_UNKNOWN_ID for a step
 * that neither discovers nor reads, or was not answered.
 */
int32_t m2m_lwm2m_bootstrap_server_answer(const struct m2m_lwm2m_bootstrap_server *server,
                                          uint64_t session,
                                          uint32_t step,
                                          struct m2m_lwm2m_bootstrap_answer *answer);

/**
 * Copies the payload of an answer as it came into buf: of a Discover, text in the CoRE Link Format. len
 * gets its length. With buf NULL and cap 0 only len is written.
 */
int32_t m2m_lwm2m_bootstrap_server_answer_payload(const struct m2m_lwm2m_bootstrap_server *server,
                                                  uint64_t session,
                                                  uint32_t step,
                                                  uint8_t *buf,
                                                  size_t cap,
                                                  size_t *len);

/**
 * Reads the values of the answer to a Read, from the one at index first, into values, which has room for
 * cap of them. count gets how many there were. M2M_NOTHING if there is none at first. M2M_MALFORMED for
 * a payload that is not well formed, or of a format that has no values.
 */
int32_t m2m_lwm2m_bootstrap_server_answer_values(const struct m2m_lwm2m_bootstrap_server *server,
                                                 uint64_t session,
                                                 uint32_t step,
                                                 size_t first,
                                                 struct m2m_lwm2m_value *values,
                                                 size_t cap,
                                                 size_t *count);

/**
 * Copies the value at index in the answer to a Read into buf: of M2M_STRING and M2M_CORELNK with a NUL
 * behind it, of M2M_OPAQUE without. len gets its length. M2M_WRONG_TYPE for another type, M2M_NOTHING if
 * there are not as many.
 */
int32_t m2m_lwm2m_bootstrap_server_answer_bytes(const struct m2m_lwm2m_bootstrap_server *server,
                                                uint64_t session,
                                                uint32_t step,
                                                size_t index,
                                                uint8_t *buf,
                                                size_t cap,
                                                size_t *len);

/**
 * Makes a bootstrap server that may have connections (TCP, TLS, WebSocket) besides. Otherwise as m2m_lwm2m_bootstrap_server_new().
 */
int32_t m2m_lwm2m_bootstrap_server_new_with_streams(const struct m2m_lwm2m_bootstrap_server_config *config,
                                                    const struct m2m_stream_config *streams,
                                                    const uint8_t *seed_bytes,
                                                    struct m2m_lwm2m_bootstrap_server **server);

/**
 * Tells that a connection is there, made or accepted: peer is a number of its own, which no datagrams come
 * from. transport is one of enum m2m_stream_transport. What is to be sent to peer goes out over it, one
 * whole message for each m2m_lwm2m_bootstrap_server_poll_transmit().
 *
 * Errors: M2M_FULL, then it is to be closed; M2M_INVALID if the number names a connection already;
 * M2M_NOT_ALLOWED for a handle that was made without connections.
 */
int32_t m2m_lwm2m_bootstrap_server_connected(struct m2m_lwm2m_bootstrap_server *server,
                                             uint64_t now_ms,
                                             uint64_t peer,
                                             int32_t transport);

/**
 * Takes bytes that came over a connection, and sets *taken to how many of them were taken: fewer than len
 * while answers wait to be sent. Then poll for what is to be sent, and hand in the rest. Of
 * M2M_STREAM_WEBSOCKET exactly one message.
 */
int32_t m2m_lwm2m_bootstrap_server_handle_stream(struct m2m_lwm2m_bootstrap_server *server,
                                                 uint64_t now_ms,
                                                 uint64_t peer,
                                                 const uint8_t *data,
                                                 size_t len,
                                                 size_t *taken);

/**
 * Tells that a connection is gone, by whichever side. Its session fails with M2M_LWM2M_STEP_PEER_DOWN.
 */
int32_t m2m_lwm2m_bootstrap_server_disconnected(struct m2m_lwm2m_bootstrap_server *server,
                                                uint64_t now_ms,
                                                uint64_t peer);

/**
 * Makes the security context of an endpoint: what comes under it is the endpoint's, wherever it comes from,
 * and sessions with it go under it, and in no other way. *id names the context. Before anything is
 * sent under it a first M2M_LWM2M_SESSION_SEQUENCE_RESERVED has to be taken; not with
 * M2M_COAP_RENEWED_KEYS.
 *
 * Errors: M2M_FULL above security_contexts of the configuration; M2M_TOO_LONG for ids that are too long;
 * M2M_INVALID for an endpoint name that is empty, longer than 255 bytes or has a context, for an empty
 * secret, equal ids, an algorithm that is not known, or an ID context with M2M_COAP_RENEWED_KEYS.
 */
int32_t m2m_lwm2m_bootstrap_server_add_security_context(struct m2m_lwm2m_bootstrap_server *server,
                                                        const char *endpoint,
                                                        const struct m2m_coap_security *security,
                                                        uint64_t *id);

/**
 * Makes a security context in the place of another, of the same endpoint or not: the other is removed, or
 * all stays as it is. *new_id names the new one.
 *
 * Errors: M2M_UNKNOWN_ID if id names none; else those of m2m_lwm2m_bootstrap_server_add_security_context().
 */
int32_t m2m_lwm2m_bootstrap_server_replace_security_context(struct m2m_lwm2m_bootstrap_server *server,
                                                            uint64_t now_ms,
                                                            uint64_t id,
                                                            const char *endpoint,
                                                            const struct m2m_coap_security *security,
                                                            uint64_t *new_id);

/**
 * Removes a security context. What is under way under it fails.
 */
int32_t m2m_lwm2m_bootstrap_server_remove_security_context(struct m2m_lwm2m_bootstrap_server *server,
                                                           uint64_t now_ms,
                                                           uint64_t id);

/**
 * The sub-protocol of WebSocket for a serialization, one of enum m2m_onem2m_serialization: what a client
 * offers and a server answers in Sec-WebSocket-Protocol, such as "oneM2M.json". NULL for another number.
 */
const char *m2m_onem2m_websocket_protocol(int32_t serialization);

/**
 * Chooses from what a client offers in Sec-WebSocket-Protocol, such as "oneM2M.cbor, oneM2M.json", the
 * first that this library has: *serialization gets it, m2m_onem2m_websocket_protocol() tells the answer.
 * M2M_NOTHING if there is none: then the handshake fails with status 400.
 */
int32_t m2m_onem2m_choose_protocol(const char *offered,
                                   int32_t *serialization);

/**
 * Fills a configuration. cse_base, app_id and, for HTTP, host have to be set. Call it as
 * m2m_onem2m_ae_config_init(&config, sizeof config).
 */
int32_t m2m_onem2m_ae_config_init(struct m2m_onem2m_ae_config *config, size_t struct_size);

/**
 * Makes an AE that is not registered.
 *
 * seed_bytes points to 32 random bytes, different at every start. On success, *ae is the new handle. Everything
 * is copied. M2M_INVALID for a member of the configuration that is out of its range, or is no name, no
 * address or no App-ID; M2M_NOT_ALLOWED for a binding or serialization that the library was built without.
 */
int32_t m2m_onem2m_ae_new(const struct m2m_onem2m_ae_config *config,
                          const uint8_t *seed_bytes,
                          struct m2m_onem2m_ae **ae);

/**
 * Frees an AE. NULL is fine. M2M_BUSY, and nothing is freed, while the handle is inside another call. A
 * poisoned handle can be freed.
 */
int32_t m2m_onem2m_ae_free(struct m2m_onem2m_ae *ae);

/**
 * The tag that the configuration gave the AE. Always works. 0 for NULL.
 */
uint64_t m2m_onem2m_ae_tag(const struct m2m_onem2m_ae *ae);

/**
 * Tells the AE what time it is, in milliseconds since 1970-01-01T00:00:00Z, before it registers. Not
 * needed: else it learns the time from the CSE.
 */
int32_t m2m_onem2m_ae_set_wall_clock(struct m2m_onem2m_ae *ae,
                                     uint64_t now_ms,
                                     int64_t unix_ms);

/**
 * Registers. M2M_NOT_ALLOWED if it is registered, or about to be.
 */
int32_t m2m_onem2m_ae_register(struct m2m_onem2m_ae *ae, uint64_t now_ms);

/**
 * Deletes the AE at the CSE, with all below it. M2M_NOT_ALLOWED if it is not registered.
 */
int32_t m2m_onem2m_ae_deregister(struct m2m_onem2m_ae *ae, uint64_t now_ms);

/**
 * Copies the AE-ID into buf, and a NUL behind it: with the address of the resource what is to be kept for
 * m2m_onem2m_ae_restore(). len gets its length without the NUL. M2M_NOTHING if it is not registered.
 */
int32_t m2m_onem2m_ae_id(const struct m2m_onem2m_ae *ae,
                         char *buf,
                         size_t cap,
                         size_t *len);

/**
 * Copies the address of the AE resource into buf, as m2m_onem2m_ae_id() does.
 */
int32_t m2m_onem2m_ae_resource(const struct m2m_onem2m_ae *ae, char *buf, size_t cap, size_t *len);

/**
 * Takes a registration up again that was made before a restart: its AE-ID and the address of its
 * resource.
 */
int32_t m2m_onem2m_ae_restore(struct m2m_onem2m_ae *ae,
                              uint64_t now_ms,
                              const char *ae_id,
                              const char *resource);

/**
 * Asks the CSE for something. *id names the request from now on; its end is told by exactly one
 * M2M_ONEM2M_DONE.
 *
 * Errors: M2M_NOT_ALLOWED if the AE is not registered; M2M_FULL; M2M_INVALID for what is missing or does
 * not belong there; M2M_MALFORMED for content that is no JSON.
 */
int32_t m2m_onem2m_ae_request(struct m2m_onem2m_ae *ae,
                              uint64_t now_ms,
                              const struct m2m_onem2m_request *request,
                              uint64_t *id);

/**
 * Asks the CSE for something that m2m_onem2m_request has no members for: text is a whole request primitive in
 * JSON (TS-0004 clause 7.2.1.1), such as
 * {"op":2,"to":"cse-in","fr":"C","rqi":"1","rvi":"3","fc":{"fu":1,"lvl":2},"rcn":6}. The AE puts its
 * own originator, identifier and release into it (fr, rqi, rvi). Otherwise as m2m_onem2m_ae_request().
 */
int32_t m2m_onem2m_ae_request_json(struct m2m_onem2m_ae *ae,
                                   uint64_t now_ms,
                                   const char *text,
                                   size_t len,
                                   uint64_t *id);

/**
 * Copies the content of the response to a request that is done into buf, JSON, and a NUL behind it. len
 * gets its length without the NUL; it is 0 for a response without content. M2M_UNKNOWN_ID once it is
 * released.
 */
int32_t m2m_onem2m_ae_content(const struct m2m_onem2m_ae *ae,
                              uint64_t id,
                              char *buf,
                              size_t cap,
                              size_t *len);

/**
 * Forgets a request: its response if it is done, else the request itself, which ends with
 * M2M_ONEM2M_CANCELLED.
 */
int32_t m2m_onem2m_ae_release(struct m2m_onem2m_ae *ae, uint64_t now_ms, uint64_t id);

/**
 * Copies the content of a notification into buf, JSON such as {"m2m:sgn":{...}}, and a NUL behind it.
 * M2M_UNKNOWN_ID once it is answered.
 */
int32_t m2m_onem2m_ae_notification(const struct m2m_onem2m_ae *ae,
                                   uint64_t id,
                                   char *buf,
                                   size_t cap,
                                   size_t *len);

/**
 * Answers a notification and forgets it. status is a response status code: 2000 says that it was taken.
 */
int32_t m2m_onem2m_ae_answer(struct m2m_onem2m_ae *ae,
                             uint64_t now_ms,
                             uint64_t id,
                             uint32_t status);

/**
 * HTTP: writes the next message to send into buf, a request of HTTP/1.1, whole, for a connection of its own to
 * the CSE, which closes it when it has answered. M2M_NOTHING when there is none. M2M_BUFFER_TOO_SMALL loses
 * nothing: call again with a larger buffer. M2M_NOT_ALLOWED with another binding.
 */
int32_t m2m_onem2m_ae_poll_outgoing(struct m2m_onem2m_ae *ae,
                                    uint64_t now_ms,
                                    uint8_t *buf,
                                    size_t cap,
                                    struct m2m_onem2m_outgoing *outgoing);

/**
 * HTTP: takes what the connection brought until it was closed. M2M_OK if it was the response, M2M_IGNORED if
 * not: then the message is tried again as after m2m_onem2m_ae_outgoing_failed().
 */
int32_t m2m_onem2m_ae_handle_response(struct m2m_onem2m_ae *ae,
                                      uint64_t now_ms,
                                      uint64_t id,
                                      const uint8_t *data,
                                      size_t len);

/**
 * Says that a request could not be delivered: no connection, or it was lost before an answer came. It is
 * repeated after a pause, as often as attempts allows. CoAP tells that by itself.
 */
int32_t m2m_onem2m_ae_outgoing_failed(struct m2m_onem2m_ae *ae,
                                      uint64_t now_ms,
                                      uint64_t id);

/**
 * HTTP: takes one request of HTTP/1.1 from the start of what a connection to point_of_access brought so far,
 * a notification. *used gets how many bytes it was: what is behind them is the next one's. *id names it in
 * m2m_onem2m_response, and M2M_ONEM2M_NOTIFIED comes with another one; what the application need not decide
 * (whether the AE takes notifications at all, results of requests that were not blocking) is answered
 * by the AE. M2M_NOTHING if not all of the request is there yet: call again with more. M2M_NOT_ALLOWED with
 * another binding.
 *
 * peer is any number of the application's for the connection. Its next request is to be handed in when the
 * answer to the one before was polled.
 */
int32_t m2m_onem2m_ae_handle_request(struct m2m_onem2m_ae *ae,
                                     uint64_t now_ms,
                                     uint64_t peer,
                                     const uint8_t *data,
                                     size_t len,
                                     uint64_t *id,
                                     size_t *used);

/**
 * HTTP: writes the next response to what m2m_onem2m_ae_handle_request() took into buf, a whole message, for
 * the connection that the request came over. M2M_NOTHING when there is none. M2M_BUFFER_TOO_SMALL loses
 * nothing: call again with a larger buffer.
 */
int32_t m2m_onem2m_ae_poll_response(struct m2m_onem2m_ae *ae,
                                    uint8_t *buf,
                                    size_t cap,
                                    struct m2m_onem2m_response *response);

/**
 * HTTP: tells that a connection is gone: responses to what came over it are dropped.
 */
int32_t m2m_onem2m_ae_forget_peer(struct m2m_onem2m_ae *ae, uint64_t peer);

/**
 * Tells the AE that time has passed: to be called when m2m_onem2m_ae_poll_timeout() says. Calling it
 * early or twice is harmless.
 */
int32_t m2m_onem2m_ae_handle_timeout(struct m2m_onem2m_ae *ae,
                                     uint64_t now_ms);

/**
 * The next thing that the application should know. M2M_NOTHING when there is none.
 */
int32_t m2m_onem2m_ae_poll_event(struct m2m_onem2m_ae *ae, struct m2m_onem2m_event *event);

/**
 * When something is due next, in milliseconds on the caller's clock: a message to send, or a call of
 * m2m_onem2m_ae_handle_timeout(). M2M_NEVER when the AE waits for nothing, and where another function
 * would return an error.
 */
uint64_t m2m_onem2m_ae_poll_timeout(const struct m2m_onem2m_ae *ae);

/**
 * Fills a request: RETRIEVE. Call it as m2m_onem2m_request_init(&request, sizeof request).
 */
int32_t m2m_onem2m_request_init(struct m2m_onem2m_request *request, size_t struct_size);

/**
 * CoAP: takes a datagram that arrived from a peer, the CSE or somebody who notifies. A bad datagram is no
 * error: M2M_OK if it had its effect, else M2M_DUPLICATE, M2M_REFUSED or M2M_IGNORED. M2M_NOT_ALLOWED with
 * another binding.
 */
int32_t m2m_onem2m_ae_handle_datagram(struct m2m_onem2m_ae *ae,
                                      uint64_t now_ms,
                                      uint64_t peer,
                                      const uint8_t *data,
                                      size_t len);

/**
 * CoAP: writes the next datagram to send into buf, which has room for cap bytes. M2M_NOTHING when there is
 * none. M2M_BUFFER_TOO_SMALL loses nothing; coap_message_size of the configuration is enough.
 * M2M_NOT_ALLOWED with another binding.
 */
int32_t m2m_onem2m_ae_poll_transmit(struct m2m_onem2m_ae *ae,
                                    uint64_t now_ms,
                                    uint8_t *buf,
                                    size_t cap,
                                    struct m2m_transmit *transmit);

/**
 * CoAP: tells that the address or security session of a peer is gone: its requests are dropped, and those to
 * it are tried again.
 */
int32_t m2m_onem2m_ae_forget_coap_peer(struct m2m_onem2m_ae *ae,
                                       uint64_t now_ms,
                                       uint64_t peer);

/**
 * CoAP: what the endpoint of the AE has counted. M2M_NOT_ALLOWED with another binding.
 */
int32_t m2m_onem2m_ae_coap_counters(const struct m2m_onem2m_ae *ae, struct m2m_counters *counters);

/**
 * MQTT: copies the n-th of the topic filters to subscribe to, with quality of service 1, into buf, and a NUL
 * behind it. len gets its length without the NUL. M2M_NOTHING from the number of them on. They are to be
 * looked at again after M2M_ONEM2M_REGISTERED: an AE whose AE-ID was given by the CSE has more then.
 * M2M_NOT_ALLOWED with another binding.
 */
int32_t m2m_onem2m_ae_topic_filter(const struct m2m_onem2m_ae *ae,
                                   size_t n,
                                   char *buf,
                                   size_t cap,
                                   size_t *len);

/**
 * MQTT: writes the payload of the next publication into buf, a request or the answer to a notification.
 * M2M_NOTHING when there is none. M2M_BUFFER_TOO_SMALL loses nothing: call again with a larger buffer. What
 * cannot be published, for want of a connection to the broker, goes to m2m_onem2m_ae_outgoing_failed() if it
 * has an id. M2M_NOT_ALLOWED with another binding.
 */
int32_t m2m_onem2m_ae_poll_publication(struct m2m_onem2m_ae *ae,
                                       uint64_t now_ms,
                                       uint8_t *buf,
                                       size_t cap,
                                       struct m2m_onem2m_publication *publication);

/**
 * MQTT: takes a publication that the broker delivered: a response, or a notification. dup is not 0 if it has
 * the flag DUP. M2M_OK if it had its effect; M2M_DUPLICATE; M2M_REFUSED for what is answered with an error;
 * M2M_IGNORED for what is dropped. M2M_NOT_ALLOWED with another binding.
 */
int32_t m2m_onem2m_ae_handle_publication(struct m2m_onem2m_ae *ae,
                                         uint64_t now_ms,
                                         const char *topic,
                                         const uint8_t *data,
                                         size_t len,
                                         int32_t dup);

/**
 * MQTT: tells that the connection to the broker is gone: requests without an answer are tried again after a
 * pause, answers that were not sent are dropped. When it is there again, subscribe anew.
 */
int32_t m2m_onem2m_ae_broker_lost(struct m2m_onem2m_ae *ae,
                                  uint64_t now_ms);

/**
 * WebSocket: writes the next message for the connection to the CSE into buf, a request or the answer to a
 * notification. The connection was opened with the sub-protocol of the configuration's serialization
 * (m2m_onem2m_websocket_protocol()), and with the originator in the header X-M2M-Origin. M2M_NOTHING when
 * there is no message. M2M_BUFFER_TOO_SMALL loses nothing: call again with a larger buffer. What cannot be
 * sent, for want of the connection, goes to m2m_onem2m_ae_outgoing_failed() if it has an id.
 * M2M_NOT_ALLOWED with another binding.
 */
int32_t m2m_onem2m_ae_poll_message(struct m2m_onem2m_ae *ae,
                                   uint64_t now_ms,
                                   uint8_t *buf,
                                   size_t cap,
                                   struct m2m_onem2m_message *message);

/**
 * WebSocket: takes a message, of text or binary, that the CSE sent: a response, or a notification. M2M_OK if
 * it had its effect; M2M_REFUSED for what is answered with an error; M2M_IGNORED for what is dropped.
 * M2M_NOT_ALLOWED with another binding.
 */
int32_t m2m_onem2m_ae_handle_message(struct m2m_onem2m_ae *ae,
                                     uint64_t now_ms,
                                     const uint8_t *data,
                                     size_t len);

/**
 * WebSocket: tells that the connection is gone: requests without an answer are tried again after a pause,
 * answers that were not sent are dropped.
 */
int32_t m2m_onem2m_ae_disconnected(struct m2m_onem2m_ae *ae,
                                   uint64_t now_ms);

/**
 * Fills a configuration: the CSE /id-in, an IN-CSE with name cse-in, whose administrator is CAdmin, and
 * where originators that begin with C or S may register. Call it as
 * m2m_onem2m_cse_config_init(&config, sizeof config).
 */
int32_t m2m_onem2m_cse_config_init(struct m2m_onem2m_cse_config *config,
                                   size_t struct_size);

/**
 * Makes a CSE whose only resource is its CSEBase. m2m_onem2m_cse_set_wall_clock() is to be called next.
 *
 * seed_bytes points to 32 random bytes, different at every start. On success, *cse is the new handle. Everything
 * is copied. M2M_INVALID for a member of the configuration that is out of its range, or is no identifier.
 */
int32_t m2m_onem2m_cse_new(const struct m2m_onem2m_cse_config *config,
                           const uint8_t *seed_bytes,
                           struct m2m_onem2m_cse **cse);

/**
 * Frees a CSE. NULL is fine. M2M_BUSY, and nothing is freed, while the handle is inside another call. A
 * poisoned handle can be freed.
 */
int32_t m2m_onem2m_cse_free(struct m2m_onem2m_cse *cse);

/**
 * The tag that the configuration gave the CSE. Always works. 0 for NULL.
 */
uint64_t m2m_onem2m_cse_tag(const struct m2m_onem2m_cse *cse);

/**
 * Tells the CSE what time it is, in milliseconds since 1970-01-01T00:00:00Z: at first, and whenever the
 * clock was set. Between two calls it goes on with now_ms.
 */
int32_t m2m_onem2m_cse_set_wall_clock(struct m2m_onem2m_cse *cse,
                                      uint64_t now_ms,
                                      int64_t unix_ms);

/**
 * Fills a session: nothing is known of it. Call it as m2m_onem2m_session_init(&session, sizeof session).
 */
int32_t m2m_onem2m_session_init(struct m2m_onem2m_session *session,
                                size_t struct_size);

/**
 * Takes one request of HTTP/1.1 from the start of what a connection brought so far. *used gets how many
 * bytes it was: what is behind them is the next one's. *id names it in m2m_onem2m_response. Each request is
 * answered exactly once, also what is none. M2M_NOTHING if not all of it is there yet: call again with more;
 * an application that wants no longer requests closes the connection then.
 *
 * The next request of a connection is to be handed in when the answer to the one before was polled.
 */
int32_t m2m_onem2m_cse_handle_request(struct m2m_onem2m_cse *cse,
                                      uint64_t now_ms,
                                      const struct m2m_onem2m_session *session,
                                      const uint8_t *data,
                                      size_t len,
                                      uint64_t *id,
                                      size_t *used);

/**
 * Writes the next response into buf: a whole message of HTTP, for the connection that its request came over.
 * M2M_NOTHING when there is none, and while records of the journal wait. M2M_BUFFER_TOO_SMALL loses nothing:
 * call again with a larger buffer.
 */
int32_t m2m_onem2m_cse_poll_response(struct m2m_onem2m_cse *cse,
                                     uint64_t now_ms,
                                     uint8_t *buf,
                                     size_t cap,
                                     struct m2m_onem2m_response *response);

/**
 * Tells that a connection is gone: responses to what came over it are dropped.
 */
int32_t m2m_onem2m_cse_forget_peer(struct m2m_onem2m_cse *cse, uint64_t peer);

/**
 * Tells the CSE that time has passed: to be called when m2m_onem2m_cse_poll_timeout() says. Calling it
 * early or twice is harmless. Long work is done in steps, one for each call.
 */
int32_t m2m_onem2m_cse_handle_timeout(struct m2m_onem2m_cse *cse,
                                      uint64_t now_ms);

/**
 * When m2m_onem2m_cse_handle_timeout() should be called next, in milliseconds on the caller's clock: in the
 * past as long as work is left; M2M_NEVER when the CSE waits for nothing, and where another function would
 * return an error.
 */
uint64_t m2m_onem2m_cse_poll_timeout(const struct m2m_onem2m_cse *cse);

/**
 * How many resources there are, those of deleted subtrees included that are not yet taken apart.
 */
int32_t m2m_onem2m_cse_resources(const struct m2m_onem2m_cse *cse, uint32_t *count);

/**
 * Whether the CSE is registered at its registrar now: *registered gets 1 or 0.
 */
int32_t m2m_onem2m_cse_is_registered(const struct m2m_onem2m_cse *cse, int32_t *registered);

/**
 * What the CSE has counted. m2m_onem2m_cse_coap_counters() tells of CoAP below it.
 */
int32_t m2m_onem2m_cse_counters(const struct m2m_onem2m_cse *cse,
                                struct m2m_onem2m_cse_counts *counts);

/**
 * Writes the next request of the CSE into buf for which a connection is to be made. Over HTTP it is a whole
 * message of HTTP/1.1, for a connection of its own to the given host, which closes it when it has answered. For
 * an address of CoAP there are no bytes: m2m_onem2m_cse_set_peer() names the peer at that host, and the
 * request is among the datagrams. For one of WebSocket the application opens the connection, which
 * m2m_onem2m_cse_connected() and then m2m_onem2m_cse_set_peer() tell. What goes by the broker or by a WebSocket
 * that is open comes from m2m_onem2m_cse_poll_publication() and m2m_onem2m_cse_poll_message().
 *
 * M2M_NOTHING when there is none, and while records of the journal wait. M2M_BUFFER_TOO_SMALL loses
 * nothing: call again with a larger buffer. A target with several addresses gets the same request again, for
 * the next one, after m2m_onem2m_cse_outgoing_failed().
 */
int32_t m2m_onem2m_cse_poll_outgoing(struct m2m_onem2m_cse *cse,
                                     uint64_t now_ms,
                                     uint8_t *buf,
                                     size_t cap,
                                     struct m2m_onem2m_cse_outgoing *outgoing);

/**
 * Names the peer that a request of m2m_onem2m_cse_poll_outgoing() goes to: for CoAP any number of the
 * application's for that address, for WebSocket the connection that was opened for it. M2M_UNKNOWN_ID for
 * another request; M2M_INVALID if that connection was not told by m2m_onem2m_cse_connected().
 */
int32_t m2m_onem2m_cse_set_peer(struct m2m_onem2m_cse *cse,
                                uint64_t now_ms,
                                uint64_t id,
                                uint64_t peer);

/**
 * HTTP: takes what the connection brought until it was closed. M2M_OK if it was the response, M2M_IGNORED if
 * not: then it is as after m2m_onem2m_cse_outgoing_failed().
 */
int32_t m2m_onem2m_cse_handle_response(struct m2m_onem2m_cse *cse,
                                       uint64_t now_ms,
                                       uint64_t id,
                                       const uint8_t *data,
                                       size_t len);

/**
 * Says that a request got no answer. sent is 0 if it did not leave, for want of a connection: then it is
 * kept and tried again where the standard wants that. Not 0: it may have arrived.
 */
int32_t m2m_onem2m_cse_outgoing_failed(struct m2m_onem2m_cse *cse,
                                       uint64_t id,
                                       int32_t sent);

/**
 * Fills surroundings: nothing is known. Call it as
 * m2m_onem2m_surroundings_init(&surroundings, sizeof surroundings).
 */
int32_t m2m_onem2m_surroundings_init(struct m2m_onem2m_surroundings *surroundings,
                                     size_t struct_size);

/**
 * Tells the CSE where an originator is, an AE-ID or a CSE-ID with its slash, and for whom it may speak. It replaces
 * what was told before; NULL: nothing is known any more. It is in no journal: tell it again after a restart.
 *
 * Rules of access that depend on it (accessControlLocationRegion, accessControlUserIDs) do not apply to originators
 * of which it is not known.
 */
int32_t m2m_onem2m_cse_set_surroundings(struct m2m_onem2m_cse *cse,
                                        uint64_t now_ms,
                                        const char *originator,
                                        const struct m2m_onem2m_surroundings *surroundings);

/**
 * CoAP: takes a datagram that arrived from the peer of a session. A bad datagram is no error: M2M_OK if
 * it had its effect, else M2M_DUPLICATE, M2M_REFUSED or M2M_IGNORED. M2M_NOT_ALLOWED if the configuration has
 * no CoAP.
 */
int32_t m2m_onem2m_cse_handle_datagram(struct m2m_onem2m_cse *cse,
                                       uint64_t now_ms,
                                       const struct m2m_onem2m_session *session,
                                       const uint8_t *data,
                                       size_t len);

/**
 * CoAP: writes the next datagram to send into buf, which has room for cap bytes. M2M_NOTHING when there is
 * none, and while records of the journal wait. M2M_BUFFER_TOO_SMALL loses nothing; coap_message_size of the
 * configuration is enough.
 */
int32_t m2m_onem2m_cse_poll_transmit(struct m2m_onem2m_cse *cse,
                                     uint64_t now_ms,
                                     uint8_t *buf,
                                     size_t cap,
                                     struct m2m_transmit *transmit);

/**
 * CoAP: tells that the address or security session of a peer is gone: responses to its requests are dropped,
 * and requests to it go to their next addresses.
 */
int32_t m2m_onem2m_cse_forget_coap_peer(struct m2m_onem2m_cse *cse,
                                        uint64_t now_ms,
                                        uint64_t peer);

/**
 * CoAP: what the endpoint of the CSE has counted. M2M_NOT_ALLOWED without coap_requests in the configuration.
 */
int32_t m2m_onem2m_cse_coap_counters(const struct m2m_onem2m_cse *cse,
                                     struct m2m_counters *counters);

/**
 * MQTT: copies the n-th of the topic filters to subscribe to, with quality of service 1, into buf, and a NUL
 * behind it. len gets its length without the NUL. M2M_NOTHING from the number of them on. M2M_NOT_ALLOWED
 * without mqtt_broker in the configuration.
 */
int32_t m2m_onem2m_cse_topic_filter(const struct m2m_onem2m_cse *cse,
                                    size_t n,
                                    char *buf,
                                    size_t cap,
                                    size_t *len);

/**
 * MQTT: writes the payload of the next publication into buf, an answer or a request of the CSE itself.
 * M2M_NOTHING when there is none, and while records of the journal wait. M2M_BUFFER_TOO_SMALL loses nothing:
 * call again with a larger buffer. What cannot be published, for want of a connection to the broker, goes to
 * m2m_onem2m_cse_outgoing_failed() if it has an id; so does a request that has no answer for long, if it
 * shall go another way. M2M_NOT_ALLOWED without mqtt_broker in the configuration.
 */
int32_t m2m_onem2m_cse_poll_publication(struct m2m_onem2m_cse *cse,
                                        uint64_t now_ms,
                                        uint8_t *buf,
                                        size_t cap,
                                        struct m2m_onem2m_publication *publication);

/**
 * MQTT: takes a publication that the broker delivered: a request, or the response to one of the CSE. dup is
 * not 0 if it has the flag DUP. M2M_OK if it had its effect; M2M_DUPLICATE; M2M_REFUSED for what is answered
 * with an error; M2M_IGNORED for what is dropped. M2M_NOT_ALLOWED without mqtt_broker in the configuration.
 */
int32_t m2m_onem2m_cse_handle_publication(struct m2m_onem2m_cse *cse,
                                          uint64_t now_ms,
                                          const char *topic,
                                          const uint8_t *data,
                                          size_t len,
                                          int32_t dup);

/**
 * MQTT: tells that the connection to the broker is gone: requests of the CSE that have no answer go to their
 * next addresses, answers that were not sent are dropped. When it is there again, subscribe anew.
 */
int32_t m2m_onem2m_cse_broker_lost(struct m2m_onem2m_cse *cse);

/**
 * WebSocket: tells that a connection is open, the peer of a session, with the sub-protocol of this
 * serialization, one of enum m2m_onem2m_serialization. origin is what the client says in the header
 * X-M2M-Origin, or NULL: requests of the CSE to that entity go over this connection, unless the session
 * has another originator. An entity that succeeds with a request over the connection is reached by it as well.
 */
int32_t m2m_onem2m_cse_connected(struct m2m_onem2m_cse *cse,
                                 const struct m2m_onem2m_session *session,
                                 int32_t serialization,
                                 const char *origin);

/**
 * WebSocket: takes a message, of text or binary, that the peer of a session sent: a request, or the response to
 * one of the CSE. M2M_OK if it had its effect; M2M_REFUSED for what is answered with an error; M2M_IGNORED for
 * what is dropped; M2M_UNKNOWN_ID for a connection that was not told by m2m_onem2m_cse_connected().
 */
int32_t m2m_onem2m_cse_handle_message(struct m2m_onem2m_cse *cse,
                                      uint64_t now_ms,
                                      const struct m2m_onem2m_session *session,
                                      const uint8_t *data,
                                      size_t len);

/**
 * WebSocket: writes the next message into buf, an answer or a request of the CSE itself, for the connection
 * that *message names. M2M_NOTHING when there is none, and while records of the journal wait.
 * M2M_BUFFER_TOO_SMALL loses nothing: call again with a larger buffer. A request that cannot be sent, or has
 * no answer for long and shall go another way, goes to m2m_onem2m_cse_outgoing_failed().
 */
int32_t m2m_onem2m_cse_poll_message(struct m2m_onem2m_cse *cse,
                                    uint64_t now_ms,
                                    uint8_t *buf,
                                    size_t cap,
                                    struct m2m_onem2m_message *message);

/**
 * WebSocket: tells that a connection is gone: answers for it are dropped, and requests of the CSE that have no
 * answer go to the next addresses of their targets.
 */
int32_t m2m_onem2m_cse_disconnected(struct m2m_onem2m_cse *cse,
                                    uint64_t peer);

/**
 * The next record to keep, with journal in the configuration. *deleted is 0 for bytes that are to be
 * put under *key, in place of what is there; they are copied into buf, len gets their length. It is 1
 * if what is under *key is to be deleted. M2M_NOTHING if there is none. M2M_BUFFER_TOO_SMALL loses
 * nothing.
 *
 * As long as records wait, m2m_onem2m_cse_poll_response(), m2m_onem2m_cse_poll_outgoing() and
 * m2m_onem2m_cse_poll_transmit() give nothing: what anybody was told is then true after a restart as well,
 * if records are safe before those are polled.
 */
int32_t m2m_onem2m_cse_poll_journal(struct m2m_onem2m_cse *cse,
                                    uint64_t *key,
                                    int32_t *deleted,
                                    uint8_t *buf,
                                    size_t cap,
                                    size_t *len);

/**
 * Takes back what was kept under a key. To be called for all keys in ascending order, after the CSE was
 * made and m2m_onem2m_cse_set_wall_clock() was told, and before anything else; then
 * m2m_onem2m_cse_finish_restore(). M2M_MALFORMED for bytes that are no record, or that do not fit to those
 * before; the CSE is as before.
 */
int32_t m2m_onem2m_cse_restore(struct m2m_onem2m_cse *cse,
                               uint64_t key,
                               const uint8_t *data,
                               size_t len);

/**
 * Tells that everything was given back.
 */
int32_t m2m_onem2m_cse_finish_restore(struct m2m_onem2m_cse *cse);

/**
 * Reads a request or response primitive (TS-0004 clause 6.4) in the serialization from, wrapped into its root element
 * or not, checks all of its parameters, and writes it into buf in the serialization to: parameters at the top, in XML
 * in its root element. Both are of enum m2m_onem2m_serialization, and may be the same. *is_response gets 1 or 0, len
 * the length. With buf NULL and cap 0 only these are written.
 *
 * M2M_REFUSED for what is none: then buf gets the response with which a receiver answers it, which tells the
 * parameter that is to blame.
 *
 * Errors: M2M_INVALID for a number that is no serialization, M2M_NOT_ALLOWED for one that the library was built
 * without; M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_onem2m_primitive_convert(int32_t from,
                                     const uint8_t *data,
                                     size_t data_len,
                                     int32_t to,
                                     uint8_t *buf,
                                     size_t cap,
                                     size_t *len,
                                     int32_t *is_response);

/**
 * Writes a request primitive in JSON into buf as a whole message of HTTP/1.1 (TS-0009), for a connection of its own to
 * host. Its content goes in one of enum m2m_onem2m_serialization. prefix is the path of the CSE's resources at that
 * host, such as /onem2m, NULL or "" for none. len gets the length.
 *
 * Errors: M2M_MALFORMED for what is no request; M2M_NOT_ALLOWED for what HTTP cannot carry, and a serialization that
 * the library was built without; M2M_INVALID for a number that is none, and a host or prefix that is none;
 * M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_onem2m_http_request_write(const uint8_t *json,
                                      size_t json_len,
                                      const char *host,
                                      const char *prefix,
                                      int32_t serialization,
                                      uint8_t *buf,
                                      size_t cap,
                                      size_t *len);

/**
 * Reads one request of HTTP/1.1 (TS-0009) from the start of what a connection brought so far, and writes it into buf
 * as a primitive in JSON. *used gets how many bytes it was, *serialization what the originator wants its response in,
 * one of enum m2m_onem2m_serialization, *close 1 if the connection is to be closed behind that, len the length of the
 * primitive. M2M_NOTHING if not all of it is there yet.
 *
 * M2M_REFUSED for what is no request: then buf gets the response primitive to answer it with.
 * M2M_BUFFER_TOO_SMALL: call again with a larger buffer.
 */
int32_t m2m_onem2m_http_request_read(const uint8_t *data,
                                     size_t data_len,
                                     size_t *used,
                                     int32_t *serialization,
                                     int32_t *close,
                                     uint8_t *buf,
                                     size_t cap,
                                     size_t *len);

/**
 * Writes a response primitive in JSON into buf as a whole message of HTTP/1.1 (TS-0009), with its content in one of
 * enum m2m_onem2m_serialization; if close is not 0 it says that the connection ends. Content that the serialization
 * cannot express is left out. len gets the length.
 *
 * Errors: M2M_MALFORMED for what is no response; M2M_INVALID, M2M_NOT_ALLOWED for a serialization;
 * M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_onem2m_http_response_write(const uint8_t *json,
                                       size_t json_len,
                                       int32_t serialization,
                                       int32_t close,
                                       uint8_t *buf,
                                       size_t cap,
                                       size_t *len);

/**
 * Reads the response that a connection brought until it was closed (TS-0009), and writes it into buf as a primitive in
 * JSON. len gets its length. M2M_MALFORMED if it is none; M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_onem2m_http_response_read(const uint8_t *data,
                                      size_t data_len,
                                      uint8_t *buf,
                                      size_t cap,
                                      size_t *len);

/**
 * Writes a request primitive in JSON into buf as a datagram of CoAP (TS-0008), a CON with a message ID and a token of
 * at most 8 bytes. Its content goes in one of enum m2m_onem2m_serialization. len gets the length. With buf NULL and cap
 * 0 only len is written. What sends it again, and cuts what is long into blocks, is the program's; an AE does that.
 *
 * Errors: M2M_MALFORMED for what is no request; M2M_NOT_ALLOWED for what CoAP cannot carry, and a serialization that
 * the library was built without; M2M_INVALID for a number that is none, and a token; M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_onem2m_coap_request_write(const uint8_t *json,
                                      size_t json_len,
                                      int32_t serialization,
                                      uint16_t id,
                                      const uint8_t *token,
                                      size_t token_len,
                                      uint8_t *buf,
                                      size_t cap,
                                      size_t *len);

/**
 * Reads a request from a datagram of CoAP (TS-0008), and writes it into buf as a primitive in JSON. *serialization gets
 * what the originator wants its response in, one of enum m2m_onem2m_serialization, *operation its operation, one of
 * enum m2m_onem2m_operation, len the length. Type, ID and token are what m2m_coap_reader_header() says.
 *
 * M2M_REFUSED for what is no request: then buf gets the response primitive to answer it with. M2M_MALFORMED for what is
 * no message of CoAP; M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_onem2m_coap_request_read(const uint8_t *data,
                                     size_t data_len,
                                     int32_t *serialization,
                                     int32_t *operation,
                                     uint8_t *buf,
                                     size_t cap,
                                     size_t *len);

/**
 * Writes a response primitive in JSON, to a request of one of enum m2m_onem2m_operation, into buf as a datagram of CoAP
 * (TS-0008): an ACK with the message ID and the token of the request. Its content goes in one of enum
 * m2m_onem2m_serialization. len gets the length. With buf NULL and cap 0 only len is written.
 *
 * Errors: as of m2m_onem2m_coap_request_write(), and M2M_INVALID for an operation that is none.
 */
int32_t m2m_onem2m_coap_response_write(const uint8_t *json,
                                       size_t json_len,
                                       int32_t operation,
                                       int32_t serialization,
                                       uint16_t id,
                                       const uint8_t *token,
                                       size_t token_len,
                                       uint8_t *buf,
                                       size_t cap,
                                       size_t *len);

/**
 * Reads the response to a request of one of enum m2m_onem2m_operation from a datagram of CoAP (TS-0008), and writes it
 * into buf as a primitive in JSON. len gets the length. M2M_MALFORMED if it is none; M2M_INVALID for an operation that
 * is none; M2M_BUFFER_TOO_SMALL.
 */
int32_t m2m_onem2m_coap_response_read(const uint8_t *data,
                                      size_t data_len,
                                      int32_t operation,
                                      uint8_t *buf,
                                      size_t cap,
                                      size_t *len);

/**
 * Reads a point in time such as 20141003T112032,5 (m2m:timestamp, UTC): *unix_ms gets it in milliseconds since
 * 1970-01-01T00:00:00Z. M2M_MALFORMED for what is none.
 */
int32_t m2m_onem2m_timestamp_read(const char *text,
                                  int64_t *unix_ms);

/**
 * Writes a point in time, in milliseconds since 1970-01-01T00:00:00Z, into buf, and a NUL behind it: 15 characters of
 * whole seconds, or 19 with three digits behind a comma if milliseconds is not 0. len gets its length without the NUL.
 * With buf NULL and cap 0 only len is written. M2M_INVALID outside of the years 0 to 9999.
 */
int32_t m2m_onem2m_timestamp_write(int64_t unix_ms,
                                   int32_t milliseconds,
                                   char *buf,
                                   size_t cap,
                                   size_t *len);

/**
 * Reads a time that is absolute, in milliseconds from now on, or a duration from now on (m2m:absRelTimestamp), and
 * tells the point in time that it is in a primitive that was received at received_ms. Both are in milliseconds since
 * 1970-01-01T00:00:00Z. M2M_MALFORMED for what is none; M2M_NOTHING for a duration of years or months, whose length is
 * the calendar's, and a point beyond all numbers.
 */
int32_t m2m_onem2m_time_resolve(const char *text,
                                int64_t received_ms,
                                int64_t *unix_ms);

/**
 * Reads a duration such as P1DT12H (xs:duration): *ms gets it in milliseconds, rounded down. M2M_MALFORMED for what is
 * none, or below 0; M2M_NOTHING for one of years or months, whose length is the calendar's.
 */
int32_t m2m_onem2m_duration_read(const char *text,
                                 uint64_t *ms);

/**
 * Writes a duration of milliseconds into buf, and a NUL behind it: PT90S, PT0,500S. len gets its length without the
 * NUL. With buf NULL and cap 0 only len is written. M2M_INVALID from 2^32 seconds on.
 */
int32_t m2m_onem2m_duration_write(uint64_t ms,
                                  char *buf,
                                  size_t cap,
                                  size_t *len);

/**
 * Whether a point in time, in milliseconds since 1970-01-01T00:00:00Z, is within a schedule of seven fields
 * (m2m:scheduleEntry: seconds, minutes, hours, days, months, days of the week, years), such as "* 0-29 8 * * 1-5 *":
 * M2M_OK or M2M_NOTHING. M2M_MALFORMED for what is no schedule.
 */
int32_t m2m_onem2m_schedule_contains(const char *schedule,
                                     int64_t unix_ms);

/**
 * The first second of a schedule that is not before a point in time; both are in milliseconds since
 * 1970-01-01T00:00:00Z. M2M_NOTHING if there is none in the next five years; M2M_MALFORMED for what is no schedule.
 */
int32_t m2m_onem2m_schedule_next(const char *schedule,
                                 int64_t unix_ms,
                                 int64_t *next_ms);

/**
 * Reads an address in any of its forms. What the result points to lies in text, but for virtual_resource, which lives
 * for ever. M2M_MALFORMED for what is none.
 */
int32_t m2m_onem2m_address_read(const char *text,
                                struct m2m_onem2m_address *address);

/**
 * How an address names its resource, on a CSE whose CSEBase has the name cse_base: *form gets one of enum
 * m2m_onem2m_form. M2M_MALFORMED for what is no address.
 */
int32_t m2m_onem2m_address_form(const char *text,
                                const char *cse_base,
                                int32_t *form);

/**
 * Writes the shortest address of the same resource, as seen from the CSE cse of the service provider, into buf, and a
 * NUL behind it: a receiver finds so what is meant for itself. Provider and CSE-ID are without slashes. len gets its
 * length without the NUL. With buf NULL and cap 0 only len is written. M2M_MALFORMED for what is no address.
 */
int32_t m2m_onem2m_address_relative(const char *text,
                                    const char *provider,
                                    const char *cse,
                                    char *buf,
                                    size_t cap,
                                    size_t *len);

/**
 * Writes the address of the same resource in another of enum m2m_onem2m_scope into buf, of one that was meant at the
 * CSE cse of the service provider: M2M_ONEM2M_ABSOLUTE, or M2M_ONEM2M_SP_RELATIVE, in which an absolute one stays what
 * it is. Otherwise as m2m_onem2m_address_relative(), which makes the shortest. M2M_INVALID for another scope, and if
 * provider or cse are needed and are none.
 */
int32_t m2m_onem2m_address_in_scope(const char *text,
                                    int32_t scope,
                                    const char *provider,
                                    const char *cse,
                                    char *buf,
                                    size_t cap,
                                    size_t *len);

/**
 * Writes the address of the resource one segment up into buf, as m2m_onem2m_address_relative() does. M2M_NOTHING for a
 * single segment, whose parent only the CSE knows, and for the CSE itself.
 */
int32_t m2m_onem2m_address_parent(const char *text,
                                  char *buf,
                                  size_t cap,
                                  size_t *len);

/**
 * Writes the path that an address has in HTTP (TS-0009), such as /~/cse/base, into buf, as
 * m2m_onem2m_address_relative() does; one segment of it for each Uri-Path in CoAP. The attribute is not part of it.
 */
int32_t m2m_onem2m_address_to_path(const char *text,
                                   char *buf,
                                   size_t cap,
                                   size_t *len);

/**
 * Writes the address that a path of HTTP names into buf, as m2m_onem2m_address_relative() does: the path without the
 * query, and without what a server has in front of its CSE. M2M_MALFORMED if it names none.
 */
int32_t m2m_onem2m_address_from_path(const char *path,
                                     char *buf,
                                     size_t cap,
                                     size_t *len);

/**
 * Reads an originator. What the result points to lies in text. M2M_MALFORMED for what is none.
 */
int32_t m2m_onem2m_originator_read(const char *text, struct m2m_onem2m_originator *originator);

/**
 * Writes the shortest identifier of the same entity, as seen from the CSE cse of the service provider, into buf, as
 * m2m_onem2m_address_relative() does, so that two originators can be compared.
 */
int32_t m2m_onem2m_originator_relative(const char *text,
                                       const char *provider,
                                       const char *cse,
                                       char *buf,
                                       size_t cap,
                                       size_t *len);

/**
 * What a resource type is: the number of a type (m2m:resourceType, enum m2m_onem2m_resource_type), or of a
 * specialisation of mgmtObj (m2m:mgmtDefinition, 1001 and up). M2M_NOTHING for another number; announced variants and
 * flexContainers of somebody's own are made of others.
 */
int32_t m2m_onem2m_type_describe(uint32_t number,
                                 struct m2m_onem2m_definition *definition);

/**
 * Copies the name of the representation of a resource of a type, such as "m2m:cnt", into buf, and a NUL behind it. len
 * gets its length without the NUL. With buf NULL and cap 0 only len is written. Announced variants have one, too.
 * M2M_NOTHING for a number without one.
 */
int32_t m2m_onem2m_type_member_name(uint32_t number,
                                    char *buf,
                                    size_t cap,
                                    size_t *len);

/**
 * The number of a type by the name of its representation, such as "m2m:cnt", "m2m:cntA" or "m2m:bat". M2M_NOTHING for
 * another name.
 */
int32_t m2m_onem2m_type_of(const char *member_name,
                           uint32_t *number);

/**
 * Whether a resource of type child may be made under one of a type: M2M_OK or M2M_NOTHING. Announced variants may be
 * where their originals may.
 */
int32_t m2m_onem2m_type_allows_child(uint32_t number,
                                     uint32_t child);

/**
 * The attribute at index, from 0, of resources of a type, which m2m_onem2m_type_describe() knows; those that most types
 * have come first. M2M_NOTHING if there are not as many.
 */
int32_t m2m_onem2m_attribute_at(uint32_t number,
                                size_t index,
                                struct m2m_onem2m_attribute *attribute);

/**
 * The attribute with this short name of resources of a type. M2M_NOTHING if they have none.
 */
int32_t m2m_onem2m_attribute_find(uint32_t number,
                                  const char *short_name,
                                  struct m2m_onem2m_attribute *attribute);

/**
 * The member at index, from 0, of a complex type, by the name that type_name of an attribute has. M2M_NOTHING if there
 * are not as many, or there is no such type.
 */
int32_t m2m_onem2m_member_at(const char *type_name,
                             size_t index,
                             struct m2m_onem2m_attribute *member);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* M2M_H */
