// A LwM2M server for the tests: Eclipse Leshan's server library behind a small HTTP interface.
//
// This is NOT the Leshan demo server. The LwM2M side (CoAP, registration, codecs, observations)
// is Leshan's; everything about HTTP and JSON here is ours. The paths and the JSON follow a part
// of what the demo server documents, so a test can speak to either, but an oddity of this
// interface says nothing about Leshan.
//
//   -lh HOST   -lp COAP PORT   -wp WEB PORT (0 or absent: any free one; see the line READY)
//   -i         end when stdin ends

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.link.DefaultLinkParser;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.attributes.Attribute;
import org.eclipse.leshan.core.link.lwm2m.attributes.*;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.*;
import org.eclipse.leshan.core.observation.*;
import org.eclipse.leshan.core.request.*;
import org.eclipse.leshan.core.request.exception.*;
import org.eclipse.leshan.core.response.*;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.eclipse.leshan.server.*;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.queue.PresenceListener;
import org.eclipse.leshan.server.registration.*;
import org.eclipse.leshan.server.send.SendListener;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;

public class PeerServer {
    static final ObjectMapper JSON = new ObjectMapper();
    static LeshanServer server;

    /** One reader of the event stream; ep null means every endpoint. */
    record Listener(String ep, BlockingQueue<String> queue) {
    }

    static final Set<Listener> listeners = ConcurrentHashMap.newKeySet();

    /** How often what happened: what GET /api/counts tells. */
    static final LongAdder registrations = new LongAdder(), updates = new LongAdder(),
            notifications = new LongAdder();

    static class HttpError extends Exception {
        final int status;

        HttpError(int status, String message) {
            super(message);
            this.status = status;
        }
    }

    public static void main(String[] args) throws Exception {
        String host = "127.0.0.1";
        int coapPort = 0, webPort = 0;
        boolean endWithStdin = false;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
            case "-lh" -> host = args[++i];
            case "-lp" -> coapPort = Integer.parseInt(args[++i]);
            case "-wp" -> webPort = Integer.parseInt(args[++i]);
            case "-i" -> endWithStdin = true;
            default -> throw new IllegalArgumentException(args[i]);
            }
        }
        LeshanServerBuilder builder = new LeshanServerBuilder();
        builder.setObjectModelProvider(new VersionedModelProvider(PeerModels.all()));
        builder.setEndpointsProviders(new CaliforniumServerEndpointsProvider.Builder()
                .addEndpoint(new InetSocketAddress(host, coapPort), Protocol.COAP).build());
        server = builder.build();
        listen();
        server.start();

        HttpServer http = HttpServer.create(new InetSocketAddress(host, webPort), 0);
        http.setExecutor(Executors.newCachedThreadPool());
        http.createContext("/api/event", PeerServer::events);
        http.createContext("/api/clients", PeerServer::clients);
        http.createContext("/api/counts", PeerServer::counts);
        http.start();
        System.out.println("READY coap=" + server.getEndpoint(Protocol.COAP).getURI().getPort() + " http="
                + http.getAddress().getPort());
        if (endWithStdin) {
            // Whoever started this holds the other end: when it is gone, so are we.
            System.in.transferTo(OutputStream.nullOutputStream());
            System.exit(0);
        }
    }

    // ---- events -------------------------------------------------------------------------------

    static void listen() {
        server.getRegistrationService().addListener(new RegistrationListener() {
            public void registered(Registration r, Registration previous, Collection<Observation> lost) {
                registrations.increment();
                emit("REGISTRATION", r.getEndpoint(), () -> registration(r));
            }

            public void updated(RegistrationUpdate u, Registration r, Registration previous) {
                updates.increment();
                emit("UPDATED", r.getEndpoint(), () -> registration(r));
            }

            public void unregistered(Registration r, Collection<Observation> lost, boolean expired, Registration by) {
                emit("DEREGISTRATION", r.getEndpoint(), () -> registration(r).put("expired", expired));
            }
        });
        server.getPresenceService().addListener(new PresenceListener() {
            public void onAwake(Registration r) {
                emit("AWAKE", r.getEndpoint(), () -> JSON.createObjectNode().put("ep", r.getEndpoint()));
            }

            public void onSleeping(Registration r) {
                emit("SLEEPING", r.getEndpoint(), () -> JSON.createObjectNode().put("ep", r.getEndpoint()));
            }
        });
        server.getObservationService().addListener(new ObservationListener() {
            public void newObservation(Observation o, Registration r) {
            }

            public void cancelled(Observation o) {
            }

            public void onResponse(SingleObservation o, Registration r, ObserveResponse resp) {
                notifications.increment();
                if (listeners.isEmpty())
                    return;
                ObjectNode n = JSON.createObjectNode().put("ep", r.getEndpoint()).put("kind", "single").put("res",
                        o.getPath().toString());
                n.set("val", resp.getContent() == null ? response(resp) : node(resp.getContent()));
                emit("NOTIFICATION", r.getEndpoint(), () -> n);
            }

            public void onResponse(CompositeObservation o, Registration r, ObserveCompositeResponse resp) {
                notifications.increment();
                if (listeners.isEmpty())
                    return;
                ObjectNode n = JSON.createObjectNode().put("ep", r.getEndpoint()).put("kind", "composite");
                ArrayNode paths = n.putArray("paths");
                o.getPaths().forEach(p -> paths.add(p.toString()));
                n.set("val", resp.getContent() == null ? response(resp) : nodes(resp.getContent()));
                emit("NOTIFICATION", r.getEndpoint(), () -> n);
            }

            public void onError(Observation o, Registration r, Exception e) {
                emit("NOTIFICATION_ERROR", r.getEndpoint(),
                        () -> JSON.createObjectNode().put("ep", r.getEndpoint()).put("error", String.valueOf(e)));
            }
        });
        server.getSendService().addListener(new SendListener() {
            public void dataReceived(Registration r, TimestampedLwM2mNodes data, SendRequest request) {
                ObjectNode n = JSON.createObjectNode().put("ep", r.getEndpoint());
                ArrayNode val = n.putArray("val");
                for (java.time.Instant t : data.getTimestamps()) {
                    ObjectNode one = val.addObject();
                    one.put("timestamp", t == null ? null : t.toString());
                    one.set("nodes", nodes(data.getNodesAt(t)));
                }
                emit("SEND", r.getEndpoint(), () -> n);
            }

            public void onError(Registration r, String message, Exception e) {
                emit("SEND_ERROR", r == null ? "" : r.getEndpoint(),
                        () -> JSON.createObjectNode().put("error", message + ": " + e));
            }
        });
    }

    static void emit(String event, String ep, Supplier<JsonNode> data) {
        // What nobody listens to costs nothing: rates are measured on this server too.
        if (listeners.isEmpty())
            return;
        String text = "event: " + event + "\ndata: " + data.get() + "\n\n";
        for (Listener l : listeners)
            if (l.ep == null || l.ep.equals(ep))
                l.queue.add(text);
    }

    static void events(HttpExchange x) throws IOException {
        Listener l = new Listener(query(x).get("ep"), new LinkedBlockingQueue<>());
        listeners.add(l);
        try (OutputStream out = x.getResponseBody()) {
            x.getResponseHeaders().set("Content-Type", "text/event-stream");
            x.sendResponseHeaders(200, 0);
            // A comment first: the reader then knows that nothing after it is missed.
            out.write(": listening\n\n".getBytes());
            out.flush();
            while (true) {
                String text = l.queue.poll(5, TimeUnit.SECONDS);
                out.write((text == null ? ":\n\n" : text).getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        } catch (IOException | InterruptedException gone) {
            // the reader left
        } finally {
            listeners.remove(l);
        }
    }

    static void counts(HttpExchange x) throws IOException {
        ObjectNode n = JSON.createObjectNode().put("registrations", registrations.sum());
        n.put("updates", updates.sum()).put("notifications", notifications.sum());
        byte[] body = JSON.writeValueAsBytes(n);
        x.getResponseHeaders().set("Content-Type", "application/json");
        x.sendResponseHeaders(200, body.length);
        try (OutputStream out = x.getResponseBody()) {
            out.write(body);
        }
    }

    // ---- requests -----------------------------------------------------------------------------

    static Map<String, String> query(HttpExchange x) {
        Map<String, String> q = new LinkedHashMap<>();
        String raw = x.getRequestURI().getRawQuery();
        if (raw != null)
            for (String part : raw.split("&")) {
                String[] kv = part.split("=", 2);
                q.put(URLDecoder.decode(kv[0], StandardCharsets.UTF_8),
                        kv.length == 1 ? null : URLDecoder.decode(kv[1], StandardCharsets.UTF_8));
            }
        return q;
    }

    static void clients(HttpExchange x) throws IOException {
        int status = 200;
        byte[] body;
        String type = "application/json";
        try {
            body = JSON.writeValueAsBytes(answer(x));
        } catch (HttpError e) {
            status = e.status;
            type = "text/plain";
            body = e.getMessage().getBytes(StandardCharsets.UTF_8);
        } catch (InvalidRequestException | InvalidLwM2mPathException | IllegalArgumentException e) {
            status = 400;
            type = "text/plain";
            body = String.valueOf(e).getBytes(StandardCharsets.UTF_8);
        } catch (Exception e) {
            status = 500;
            type = "text/plain";
            body = String.valueOf(e).getBytes(StandardCharsets.UTF_8);
        }
        x.getResponseHeaders().set("Content-Type", type);
        x.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        try (OutputStream out = x.getResponseBody()) {
            out.write(body);
        }
    }

    static JsonNode answer(HttpExchange x) throws Exception {
        String[] seg = x.getRequestURI().getPath().substring("/api/clients".length()).replaceFirst("^/", "").split("/");
        String method = x.getRequestMethod();
        Map<String, String> q = query(x);
        if (seg[0].isEmpty()) {
            ArrayNode all = JSON.createArrayNode();
            server.getRegistrationService().getAllRegistrations().forEachRemaining(r -> all.add(registration(r)));
            return all;
        }
        Registration r = server.getRegistrationService().getByEndpoint(seg[0]);
        if (r == null)
            throw new HttpError(404, "no registered client " + seg[0]);
        if (seg.length == 1)
            return registration(r);

        byte[] body = x.getRequestBody().readAllBytes();
        String text = new String(body, StandardCharsets.UTF_8);
        String last = seg[seg.length - 1];
        ContentFormat format = format(q.get("format"));
        if (seg[1].equals("composite"))
            return composite(r, method, last.equals("observe"), q, text);

        boolean verb = List.of("observe", "discover", "attributes").contains(last);
        String path = "/" + String.join("/", Arrays.copyOfRange(seg, 1, seg.length - (verb ? 1 : 0)));
        switch (method + (verb ? " " + last : "")) {
        case "GET":
            return send(r, new ReadRequest(format, path), q);
        case "GET discover":
            return send(r, new DiscoverRequest(path), q);
        case "PUT":
            return write(r, new LwM2mPath(path), format, q, text, x.getRequestHeaders().getFirst("Content-Type"));
        case "PUT attributes":
            q.remove("timeout");
            List<String> attributes = new ArrayList<>();
            q.forEach((k, v) -> attributes.add(v == null ? k : k + "=" + v));
            LwM2mAttributeParser parser = new DefaultLwM2mAttributeParser();
            return send(r, new WriteAttributesRequest(path,
                    new LwM2mAttributeSet(parser.parseUriQuery(String.join("&", attributes)))), q);
        case "POST":
            LwM2mPath p = new LwM2mPath(path);
            if (p.isResource())
                return send(r, text.isEmpty() ? new ExecuteRequest(path) : new ExecuteRequest(path, text), q);
            if (p.isObject()) {
                JsonNode in = JSON.readTree(text);
                Collection<LwM2mResource> resources = resources(in);
                return send(r, in.has("id")
                        ? new CreateRequest(format, path, new LwM2mObjectInstance(in.get("id").asInt(), resources))
                        : new CreateRequest(format, path, resources), q);
            }
            throw new HttpError(400, "POST wants an object (Create) or a resource (Execute)");
        case "DELETE":
            return send(r, new DeleteRequest(path), q);
        case "POST observe":
            return send(r, new ObserveRequest(format, path), q);
        case "DELETE observe":
            if (!q.containsKey("active")) {
                int n = server.getObservationService().cancelObservations(r, path);
                return JSON.createObjectNode().put("cancelled", n);
            }
            for (Observation o : server.getObservationService().getObservations(r))
                if (o instanceof SingleObservation s && s.getPath().toString().equals(path))
                    return send(r, new CancelObservationRequest(s), q);
            throw new HttpError(404, "no observation of " + path);
        default:
            throw new HttpError(405, method + " " + last);
        }
    }

    static JsonNode write(Registration r, LwM2mPath p, ContentFormat format, Map<String, String> q, String text,
            String contentType) throws Exception {
        boolean partial = "false".equals(q.get("replace"));
        WriteRequest.Mode mode = partial ? WriteRequest.Mode.UPDATE : WriteRequest.Mode.REPLACE;
        LwM2mNode n;
        if (contentType != null && contentType.startsWith("text/plain"))
            n = LwM2mSingleResource.newStringResource(p.getResourceId(), text);
        else
            n = read(JSON.readTree(text));
        return send(r, new WriteRequest(mode, format, p, n), q);
    }

    static JsonNode composite(Registration r, String method, boolean observe, Map<String, String> q, String text)
            throws Exception {
        ContentFormat pathFormat = or(format(q.get("pathformat")), ContentFormat.SENML_CBOR);
        ContentFormat nodeFormat = or(format(q.get("nodeformat")), ContentFormat.SENML_CBOR);
        if (method.equals("PUT")) {
            Map<LwM2mPath, LwM2mNode> nodes = new LinkedHashMap<>();
            for (Iterator<Map.Entry<String, JsonNode>> i = JSON.readTree(text).fields(); i.hasNext();) {
                Map.Entry<String, JsonNode> e = i.next();
                nodes.put(new LwM2mPath(e.getKey()), read(e.getValue()));
            }
            return send(r, new WriteCompositeRequest(nodeFormat, nodes, null), q);
        }
        String[] paths = q.get("paths").split(",");
        if (!observe)
            return send(r, new ReadCompositeRequest(pathFormat, nodeFormat, paths), q);
        if (method.equals("POST"))
            return send(r, new ObserveCompositeRequest(pathFormat, nodeFormat, paths), q);
        if (!q.containsKey("active"))
            return JSON.createObjectNode().put("cancelled",
                    server.getObservationService().cancelCompositeObservations(r, paths));
        List<LwM2mPath> want = LwM2mPath.getLwM2mPathList(Arrays.asList(paths));
        for (Observation o : server.getObservationService().getObservations(r))
            if (o instanceof CompositeObservation c && c.getPaths().equals(want))
                return send(r, new CancelCompositeObservationRequest(c), q);
        throw new HttpError(404, "no such composite observation");
    }

    static <T extends LwM2mResponse> JsonNode send(Registration r, DownlinkDeviceManagementRequest<T> request,
            Map<String, String> q) throws Exception {
        long seconds = q.get("timeout") == null ? 60 : Long.parseLong(q.get("timeout"));
        T response = server.send(r, request, seconds * 1000);
        if (response == null)
            throw new HttpError(504, "no answer within " + seconds + " s");
        return response(response);
    }

    static <T> T or(T a, T b) {
        return a == null ? b : a;
    }

    static ContentFormat format(String name) throws HttpError {
        if (name == null)
            return null;
        ContentFormat f = ContentFormat.fromName(name);
        if (f == null)
            throw new HttpError(400, "unknown format " + name);
        return f;
    }

    // ---- JSON ---------------------------------------------------------------------------------

    static ObjectNode registration(Registration r) {
        ObjectNode n = JSON.createObjectNode();
        n.put("endpoint", r.getEndpoint()).put("registrationId", r.getId());
        n.put("registrationDate", r.getRegistrationDate().getTime()).put("lastUpdate", r.getLastUpdate().getTime());
        n.put("address", r.getAddress().getHostAddress() + ":" + r.getPort());
        n.put("lwM2mVersion", r.getLwM2mVersion().toString()).put("lifetime", r.getLifeTimeInSec());
        n.put("bindingMode", BindingMode.toString(r.getBindingMode())).put("rootPath", r.getRootPath());
        n.set("objectLinks", links(r.getSortedObjectLinks()));
        n.put("queuemode", r.usesQueueMode());
        n.set("additionalRegistrationAttributes", JSON.valueToTree(r.getAdditionalRegistrationAttributes()));
        ArrayNode formats = n.putArray("supportedContentFormats");
        r.getSupportedContentFormats().forEach(f -> formats.add(f.getCode()));
        return n;
    }

    static ArrayNode links(Link[] links) {
        ArrayNode a = JSON.createArrayNode();
        for (Link l : links) {
            ObjectNode o = a.addObject().put("url", l.getUriReference());
            ObjectNode attributes = o.putObject("attributes");
            for (Attribute t : l.getAttributes().asCollection())
                attributes.put(t.getName(), t.hasValue() ? t.getCoreLinkValue() : null);
        }
        return a;
    }

    static ObjectNode response(LwM2mResponse resp) {
        ObjectNode n = JSON.createObjectNode();
        n.put("status", resp.getCode().toString()).put("valid", resp.isValid()).put("success", resp.isSuccess());
        n.put("failure", resp.isFailure());
        if (resp.getErrorMessage() != null)
            n.put("errormessage", resp.getErrorMessage());
        if (resp instanceof ReadResponse x && x.getContent() != null)
            n.set("content", node(x.getContent()));
        if (resp instanceof ReadCompositeResponse x && x.getContent() != null)
            n.set("content", nodes(x.getContent()));
        if (resp instanceof DiscoverResponse x && x.getObjectLinks() != null)
            n.set("objectLinks", links(x.getObjectLinks()));
        if (resp instanceof CreateResponse x)
            n.put("location", x.getLocation());
        return n;
    }

    static ObjectNode nodes(Map<LwM2mPath, LwM2mNode> nodes) {
        ObjectNode n = JSON.createObjectNode();
        nodes.forEach((p, v) -> n.set(p.toString(), v == null ? JSON.nullNode() : node(v)));
        return n;
    }

    static ObjectNode node(LwM2mNode in) {
        ObjectNode n = JSON.createObjectNode();
        if (in instanceof LwM2mObject o) {
            n.put("kind", "obj").put("id", o.getId());
            ArrayNode a = n.putArray("instances");
            o.getInstances().values().forEach(i -> a.add(node(i)));
        } else if (in instanceof LwM2mObjectInstance i) {
            n.put("kind", "instance").put("id", i.getId());
            ArrayNode a = n.putArray("resources");
            i.getResources().values().forEach(r -> a.add(node(r)));
        } else if (in instanceof LwM2mMultipleResource m) {
            n.put("kind", "multiResource").put("id", m.getId()).put("type", m.getType().toString());
            ObjectNode v = n.putObject("values");
            m.getInstances().values().forEach(i -> v.set(String.valueOf(i.getId()), value(i.getType(), i.getValue())));
        } else if (in instanceof LwM2mSingleResource s) {
            n.put("kind", "singleResource").put("id", s.getId()).put("type", s.getType().toString());
            n.set("value", value(s.getType(), s.getValue()));
        } else if (in instanceof LwM2mResourceInstance i) {
            n.put("kind", "resourceInstance").put("id", i.getId()).put("type", i.getType().toString());
            n.set("value", value(i.getType(), i.getValue()));
        }
        return n;
    }

    static JsonNode value(Type type, Object v) {
        return switch (type) {
        case BOOLEAN -> JSON.valueToTree(v);
        case OPAQUE -> JSON.valueToTree(Hex.encodeHexString((byte[]) v));
        case TIME -> JSON.valueToTree(((Date) v).getTime());
        case OBJLNK -> JSON.createObjectNode().put("objectId", ((ObjectLink) v).getObjectId()).put("objectInstanceId",
                ((ObjectLink) v).getObjectInstanceId());
        case CORELINK -> {
            StringJoiner j = new StringJoiner(",");
            for (Link l : (Link[]) v)
                j.add(l.toCoreLinkFormat());
            yield JSON.valueToTree(j.toString());
        }
        default -> JSON.valueToTree(v.toString());
        };
    }

    static Object value(Type type, JsonNode v) throws Exception {
        return switch (type) {
        case BOOLEAN -> v.isTextual() ? Boolean.valueOf(v.asText()) : v.asBoolean();
        case OPAQUE -> Hex.decodeHex(v.asText().toCharArray());
        case TIME -> new Date(v.asLong());
        case OBJLNK -> new ObjectLink(v.get("objectId").asInt(), v.get("objectInstanceId").asInt());
        case CORELINK -> new DefaultLinkParser().parseCoreLinkFormat(v.asText().getBytes(StandardCharsets.UTF_8));
        case INTEGER -> Long.valueOf(v.asText());
        case UNSIGNED_INTEGER -> ULong.valueOf(v.asText());
        case FLOAT -> Double.valueOf(v.asText());
        default -> v.asText();
        };
    }

    static Collection<LwM2mResource> resources(JsonNode in) throws Exception {
        Collection<LwM2mResource> resources = new ArrayList<>();
        for (JsonNode r : in.get("resources"))
            resources.add((LwM2mResource) read(r));
        return resources;
    }

    static LwM2mNode read(JsonNode in) throws Exception {
        int id = in.path("id").asInt(LwM2mObjectInstance.UNDEFINED);
        String kind = in.path("kind").asText();
        Type type = in.has("type") ? Type.valueOf(in.get("type").asText().toUpperCase(Locale.ROOT)) : null;
        switch (kind) {
        case "obj":
            List<LwM2mObjectInstance> instances = new ArrayList<>();
            for (JsonNode i : in.get("instances"))
                instances.add((LwM2mObjectInstance) read(i));
            return new LwM2mObject(id, instances);
        case "instance":
            return new LwM2mObjectInstance(id, resources(in));
        case "singleResource":
            return LwM2mSingleResource.newResource(id, value(type, in.get("value")), type);
        case "resourceInstance":
            return LwM2mResourceInstance.newInstance(id, value(type, in.get("value")), type);
        case "multiResource":
            Map<Integer, Object> values = new LinkedHashMap<>();
            for (Iterator<Map.Entry<String, JsonNode>> i = in.get("values").fields(); i.hasNext();) {
                Map.Entry<String, JsonNode> e = i.next();
                values.put(Integer.valueOf(e.getKey()), value(type, e.getValue()));
            }
            return LwM2mMultipleResource.newResource(id, values, type);
        default:
            throw new HttpError(400, "kind: " + kind);
        }
    }
}
