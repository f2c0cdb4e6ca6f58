/* An application entity (AE) of oneM2M over HTTP on POSIX, in one file: a thermometer.
 *
 *   ae CSE_HOST CSE_PORT NAME OWN_HOST OWN_PORT
 *
 * It registers at the CSE as CNAME, makes the containers data and commands below itself, subscribes to
 * commands, and stores a reading every second. What anybody puts into commands it is notified of, at
 * http://OWN_HOST:OWN_PORT, and prints. Ctrl-C deletes it. README.md says how to build and try it. */
#define _POSIX_C_SOURCE 200809L
#include "tcp.h"

static const char *cse_host, *cse_port;
static char own[64]; /* cse-in/NAME */
static int step, busy; /* how much of it is there; a request is under way */

/* Creates a resource below ours; its outcome is an event. */
static void create(m2m_onem2m_ae *ae, uint64_t now, const char *below, uint32_t type,
                       const char *content) {
    m2m_onem2m_request request;
    char to[96];
    uint64_t id;
    snprintf(to, sizeof to, "%s%s", own, below);
    must("request", m2m_onem2m_request_init(&request, sizeof request));
    request.operation = M2M_ONEM2M_CREATE;
    request.resource_type = type;
    request.to = to;
    request.content = content;
    request.content_len = strlen(content);
    must("create", m2m_onem2m_ae_request(ae, now, &request, &id));
    busy = 1;
}

/* What is made below ours, one after the other. */
static void set_up(m2m_onem2m_ae *ae, uint64_t now, const char *originator) {
    char subscription[192];
    switch (step++) {
    case 0: create(ae, now, "", M2M_ONEM2M_CNT, "{\"m2m:cnt\":{\"rn\":\"data\",\"mni\":100}}"); break;
    case 1: create(ae, now, "", M2M_ONEM2M_CNT, "{\"m2m:cnt\":{\"rn\":\"commands\"}}"); break;
    case 2:
        /* net 3: a child was created. */
        snprintf(subscription, sizeof subscription,
                 "{\"m2m:sub\":{\"rn\":\"me\",\"nu\":[\"%s\"],\"enc\":{\"net\":[3]}}}", originator);
        create(ae, now, "/commands", M2M_ONEM2M_SUB, subscription);
        break;
    default: busy = 0;
    }
}

/* Returns 1 when it is deleted. */
static int handle_event(m2m_onem2m_ae *ae, uint64_t now, const m2m_onem2m_event *event,
                        const char *originator) {
    char text[2048];
    size_t len;
    switch (event->kind) {
    case M2M_ONEM2M_REGISTERED:
        puts("registered");
        step = 0;
        set_up(ae, now, originator);
        break;
    case M2M_ONEM2M_REGISTRATION_FAILED:
        printf("not registered, status %lu\n", (unsigned long)event->status);
        return !event->again;
    case M2M_ONEM2M_DEREGISTERED: puts("deleted"); return 1;
    case M2M_ONEM2M_DONE:
        /* 2001 is CREATED, 4105 that it was there: after a restart. */
        if (event->status != 2001 && event->status != 4105)
            printf("outcome %ld, status %lu\n", (long)event->outcome, (unsigned long)event->status);
        m2m_onem2m_ae_release(ae, now, event->id); /* there is one if it had a response */
        set_up(ae, now, originator);
        break;
    case M2M_ONEM2M_NOTIFIED:
        must("look", m2m_onem2m_ae_notification(ae, event->id, text, sizeof text, &len));
        printf("notified: %s\n", text);
        must("answer", m2m_onem2m_ae_answer(ae, now, event->id, 2000));
        break;
    default: break;
    }
    return 0;
}

/* Requests to the CSE, each over a connection of its own, and answers to notifications. */
static void send_all(m2m_onem2m_ae *ae, uint64_t now) {
    static uint8_t buf[ROOM];
    m2m_onem2m_outgoing out;
    m2m_onem2m_response response;
    while (must("send", m2m_onem2m_ae_poll_outgoing(ae, now, buf, sizeof buf, &out)) == M2M_OK) {
        connection *c = opened(tcp_socket(cse_host, cse_port, 0), now);
        if (!c) {
            must("failed", m2m_onem2m_ae_outgoing_failed(ae, now, out.id));
            continue;
        }
        memcpy(c->out, buf, c->out_len = out.len);
        c->outgoing = out.id;
    }
    while (must("answer", m2m_onem2m_ae_poll_response(ae, buf, sizeof buf, &response)) == M2M_OK) {
        connection *c = &connections[response.peer];
        memcpy(c->out, buf, c->out_len = response.len);
        c->waits = 0;
        c->closes = response.close;
    }
}

/* What a connection brought: notifications, or by its end the answer to a request. */
static void receive(m2m_onem2m_ae *ae, uint64_t now, connection *c) {
    uint64_t id, peer = (uint64_t)(c - connections);
    size_t used;
    if (!moved(c)) {
        if (c->outgoing)
            m2m_onem2m_ae_handle_response(ae, now, c->outgoing, c->in, c->in_len);
        else
            m2m_onem2m_ae_forget_peer(ae, peer);
        closed(c);
    } else if (!c->outgoing && !c->waits && c->out_len == 0 && c->in_len > 0) {
        if (must("take", m2m_onem2m_ae_handle_request(ae, now, peer, c->in, c->in_len, &id, &used)) ==
            M2M_OK) {
            memmove(c->in, c->in + used, c->in_len -= used);
            c->waits = 1;
        } else if (c->in_len == ROOM) {
            c->closes = 1;
        }
    }
}

int main(int argc, char **argv) {
    m2m_onem2m_ae_config config;
    m2m_onem2m_ae *ae = NULL;
    m2m_onem2m_event event;
    char host[128], access[128], originator[64], app_id[64], content[64];
    uint8_t seed[32];
    uint64_t now = now_ms(), next = 0, deadline, give_up = M2M_NEVER;
    int listener, i, done = 0;

    if (argc != 6) fail("usage", "ae CSE_HOST CSE_PORT NAME OWN_HOST OWN_PORT");
    begin();
    for (i = 0; i < CONNECTIONS; i++) connections[i].fd = -1;
    cse_host = argv[1];
    cse_port = argv[2];
    listener = tcp_socket(argv[4], argv[5], 1);
    if (listener < 0) fail(argv[4], "cannot listen");
    snprintf(own, sizeof own, "cse-in/%s", argv[3]);
    snprintf(originator, sizeof originator, "C%s", argv[3]);
    snprintf(app_id, sizeof app_id, "N%s", argv[3]);
    snprintf(host, sizeof host, "%s:%s", cse_host, cse_port);
    snprintf(access, sizeof access, "http://%s:%s", argv[4], argv[5]);
    random_bytes(seed, sizeof seed);
    must("config", m2m_onem2m_ae_config_init(&config, sizeof config));
    config.cse_base = "cse-in";
    config.originator = originator;
    config.app_id = app_id;
    config.name = argv[3];
    config.host = host;
    config.point_of_access = access;
    must("ae", m2m_onem2m_ae_new(&config, seed, &ae));
    must("register", m2m_onem2m_ae_register(ae, now));

    while (!done && now < give_up) {
        if (now >= next && step > 3 && !busy && !stop) {
            snprintf(content, sizeof content, "{\"m2m:cin\":{\"con\":\"%.1f\"}}",
                     18 + (double)(now / 1000 % 60) * 0.1);
            create(ae, now, "/data", M2M_ONEM2M_CIN, content);
            next = now + 1000;
        }
        if (stop && give_up == M2M_NEVER) {
            if (m2m_onem2m_ae_deregister(ae, now) < 0) break;
            give_up = now + 5000;
        }
        while (must("event", m2m_onem2m_ae_poll_event(ae, &event)) == M2M_OK) {
            if (handle_event(ae, now, &event, originator)) done = 1;
        }
        send_all(ae, now);
        deadline = m2m_onem2m_ae_poll_timeout(ae);
        if (!done && wait_all(listener, now, deadline < next ? deadline : next))
            opened(accept(listener, NULL, NULL), now);
        now = now_ms();
        for (i = 0; i < CONNECTIONS; i++) {
            if (connections[i].fd >= 0) receive(ae, now, &connections[i]);
        }
        must("timeout", m2m_onem2m_ae_handle_timeout(ae, now));
    }
    must("free", m2m_onem2m_ae_free(ae));
    close(listener);
    return done && stop ? 0 : 1;
}
