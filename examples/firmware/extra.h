/* What an image has besides the thermometer when the library has more features: the Makefile defines
 * WITH_SEND for `send` and so on. size.sh measures images with them. With none of them this is nothing. */
#ifndef EXTRA_H
#define EXTRA_H

#include <m2m.h>

#if defined(WITH_FIRMWARE_UPDATE) && defined(WITH_ACCESS_CONTROL)
#define EXTRA_OBJECTS , &m2m_object_5, &m2m_object_2
#elif defined(WITH_FIRMWARE_UPDATE)
#define EXTRA_OBJECTS , &m2m_object_5
#elif defined(WITH_ACCESS_CONTROL)
#define EXTRA_OBJECTS , &m2m_object_2
#else
#define EXTRA_OBJECTS
#endif

/* What has to be known before the client is made. */
static inline void extra_config(m2m_lwm2m_client_config *config) {
    (void)config;
#ifdef WITH_QUEUE_MODE
    config->queue_mode = 1;
#endif
#ifdef WITH_COMPOSITE
    config->paths = 8;
#endif
#ifdef WITH_SEND
    config->sends = 1;
    config->outbox_size = 64;
#endif
#ifdef WITH_STORING
    config->history_size = 256;
#endif
#ifdef WITH_RESTORE
    config->records = 4;
#endif
}

static inline void extra_account(m2m_lwm2m_server_account *account) {
    (void)account;
#ifdef WITH_V1_2
    account->version = M2M_LWM2M_1_2;
#endif
}

/* What the client has besides, before it starts. */
static inline void extra_add(m2m_lwm2m_client *c, uint64_t now) {
    (void)c, (void)now;
#ifdef WITH_BOOTSTRAP
    m2m_lwm2m_client_add_bootstrap_server(c, now, "coap://bridge", 0, 0);
#endif
#ifdef WITH_FIRMWARE_UPDATE
    {
        static const m2m_lwm2m_package_support support = {
            .delivery = M2M_LWM2M_PULL_AND_PUSH, .protocols = M2M_LWM2M_BY_COAP};
        m2m_lwm2m_client_add_firmware_update(c, now, &support);
    }
#endif
}

/* What of events is theirs. `keep` is where a product writes its flash. */
static inline void extra_event(m2m_lwm2m_client *c, uint64_t now, const m2m_lwm2m_event *event,
                               void (*keep)(uint32_t at, const uint8_t *bytes, size_t len)) {
    (void)c, (void)now, (void)event, (void)keep;
#ifdef WITH_SEND
    if (event->kind == M2M_LWM2M_REGISTERED) {
        m2m_path path = m2m_path_resource(3303, 0, 5700);
        uint64_t id;
        m2m_lwm2m_client_send(c, now, event->server, M2M_LWM2M_SENML_CBOR, &path, 1, &id);
    }
#endif
#ifdef WITH_BOOTSTRAP
    if (event->kind == M2M_LWM2M_CONNECT) {
        /* There is one peer behind the line. */
        m2m_lwm2m_client_set_peer(c, now, event->server, 1);
    }
#endif
#ifdef WITH_FIRMWARE_UPDATE
    {
        static uint8_t block[M2M_LWM2M_PACKAGE_RECORD];
        size_t len;
        switch (event->kind) {
        case M2M_LWM2M_PACKAGE_CONNECT:
            m2m_lwm2m_client_connect_package(c, now, event->id, 1);
            break;
        case M2M_LWM2M_PACKAGE_BLOCK:
            m2m_lwm2m_client_package_block(c, event->id, block, sizeof block, &len);
            keep(event->offset, block, len);
            m2m_lwm2m_client_answer_package(c, now, event->id, M2M_LWM2M_PACKAGE_OK);
            break;
        case M2M_LWM2M_PACKAGE_VERIFY:
        case M2M_LWM2M_PACKAGE_APPLY:
            m2m_lwm2m_client_answer_package(c, now, event->id, M2M_LWM2M_PACKAGE_OK);
            break;
        case M2M_LWM2M_PACKAGE_CHANGED:
            m2m_lwm2m_client_package_record(c, event->path, block, sizeof block, &len);
            keep(UINT32_MAX, block, len);
            break;
        default: break;
        }
    }
#endif
}

/* Before datagrams are sent: what has to outlive a restart. */
static inline void extra_journal(m2m_lwm2m_client *c,
                                 void (*keep)(uint32_t at, const uint8_t *bytes, size_t len)) {
    (void)c, (void)keep;
#ifdef WITH_RESTORE
    {
        static uint8_t record[256];
        uint64_t key;
        int32_t deleted;
        size_t len;
        while (m2m_lwm2m_client_poll_journal(c, &key, &deleted, record, sizeof record, &len) == M2M_OK) {
            keep((uint32_t)key, record, deleted ? 0 : len);
        }
    }
#endif
}

#endif
