// Both roles of the plugtest on Eclipse Californium, the CoAP library under Leshan.
//
//   PeerPlugtest server PORT   the resources of interop/src/plugtest/site.rs; prints READY
//   PeerPlugtest client        a JSON line in for each request, a JSON line out for each answer,
//                              as in interop/peers/aiocoap_plugtest.py
//
// It ends when its standard input does.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.Collectors;
import org.eclipse.californium.core.*;
import org.eclipse.californium.core.coap.*;
import org.eclipse.californium.core.coap.CoAP.*;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.core.network.CoapEndpoint;
import org.eclipse.californium.core.network.Exchange;
import org.eclipse.californium.core.server.resources.Resource;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.config.UdpConfig;

public class PeerPlugtest {
    static final ObjectMapper JSON = new ObjectMapper();
    static final byte[] LARGE = "0123456789abcdef".repeat(100).getBytes();
    static final String[] LINKS = { "</link1>;rt=\"Type1 Type2\";if=\"If1\";ct=0",
            "</link2>;rt=\"Type2 Type3\";if=\"If2\";sz=64", "</link3>;rt=\"Type1 Type3\";if=\"foo\"",
            "</path>;ct=40" };

    public static void main(String[] args) throws Exception {
        CoapConfig.register();
        UdpConfig.register();
        Configuration config = Configuration.createStandardWithoutFile();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        if (args[0].equals("server")) {
            CoapServer server = new CoapServer(config) {
                @Override
                protected Resource createRoot() {
                    return new Space("");
                }
            };
            server.addEndpoint(CoapEndpoint.builder().setConfiguration(config)
                    .setInetSocketAddress(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1]))).build());
            server.start();
            System.out.println("READY");
            while (in.readLine() != null) {
            }
            System.exit(0);
        }
        CoapEndpoint endpoint = CoapEndpoint.builder().setConfiguration(config).build();
        endpoint.start();
        for (String line; (line = in.readLine()) != null;) {
            ObjectNode out = JSON.createObjectNode();
            try {
                ask(endpoint, JSON.readTree(line), out.putArray("answers"));
            } catch (Exception e) {
                out.put("error", e.toString());
            }
            System.out.println(out);
        }
        System.exit(0);
    }

    // ---- the client ------------------------------------------------------------------------------

    static void ask(CoapEndpoint endpoint, JsonNode line, ArrayNode answers) throws Exception {
        Request request = new Request(Code.valueOf(line.get("method").asText().toUpperCase()),
                line.path("non").asBoolean() ? Type.NON : Type.CON);
        request.setURI(line.get("uri").asText());
        request.setPayload(HexFormat.of().parseHex(line.path("payload").asText("")));
        OptionSet options = request.getOptions();
        for (JsonNode option : line.path("options")) {
            byte[] value = HexFormat.of().parseHex(option.get(1).asText());
            int number = value.length == 0 ? 0 : new java.math.BigInteger(1, value).intValue();
            switch (option.get(0).asInt()) {
            case 1 -> options.addIfMatch(value);
            case 4 -> options.addETag(value);
            case 5 -> options.setIfNoneMatch(true);
            case 12 -> options.setContentFormat(number);
            case 17 -> options.setAccept(number);
            default -> throw new IllegalArgumentException(option.toString());
            }
        }
        if (line.has("block") && line.get("method").asText().equals("get")) {
            options.setBlock2(line.get("block").asInt(), false, 0);
        }
        CoapClient client = new CoapClient();
        client.setEndpoint(endpoint);
        client.setTimeout(90_000L);
        int count = line.path("observe").asInt(0);
        if (count == 0) {
            CoapResponse response = client.advanced(request);
            if (response == null) {
                throw new TimeoutException();
            }
            answers.add(show(response));
            return;
        }
        BlockingQueue<CoapResponse> states = new LinkedBlockingQueue<>();
        request.setObserve();
        CoapObserveRelation relation = client.observe(request, new CoapHandler() {
            @Override
            public void onLoad(CoapResponse response) {
                states.add(response);
            }

            @Override
            public void onError() {
            }
        });
        while (answers.size() < count) {
            CoapResponse state = states.poll(60, TimeUnit.SECONDS);
            if (state == null) {
                throw new TimeoutException();
            }
            answers.add(show(state));
            if (answers.size() == 1) {
                System.out.println(JSON.createObjectNode().set("first", answers.get(0)));
            }
            if (!state.isSuccess()) {
                return;
            }
        }
        relation.proactiveCancel();
        Thread.sleep(300);
    }

    static ObjectNode show(CoapResponse response) {
        ObjectNode shown = JSON.createObjectNode();
        shown.put("code", response.getCode().text);
        ArrayNode options = shown.putArray("options");
        for (Option option : response.getOptions().asSortedList()) {
            options.addArray().add(option.getNumber()).add(HexFormat.of().formatHex(option.encode()));
        }
        return shown.put("payload", HexFormat.of().formatHex(response.getPayload()));
    }

    // ---- the server ------------------------------------------------------------------------------

    /** Everything below a name; those that are asked for come into being. */
    static class Space extends CoapResource {
        final Map<String, Space> below = new ConcurrentHashMap<>();
        int tag = 1;
        int format = 0;
        byte[] value;

        Space(String name) {
            super(name);
            setObservable(name.startsWith("obs"));
            setObserveType(name.equals("obs-non") ? Type.NON : Type.CON);
        }

        @Override
        public Resource getChild(String name) {
            return below.computeIfAbsent(name, n -> {
                Space space = new Space(n);
                space.setParent(this);
                space.setPath(getURI() + "/");
                return space;
            });
        }

        @Override
        public void handleRequest(Exchange exchange) {
            CoapExchange x = new CoapExchange(exchange);
            List<String> path = exchange.getRequest().getOptions().getUriPath().stream()
                    .map(o -> o.getStringValue()).collect(Collectors.toList());
            OptionSet options = exchange.getRequest().getOptions();
            Code code = exchange.getRequest().getCode();
            byte[] payload = exchange.getRequest().getPayload();
            if (path.equals(List.of(".well-known", "core"))) {
                core(x, options);
                return;
            }
            switch (path.isEmpty() ? "" : String.join("/", path.subList(1, path.size()))) {
            case "test" -> {
                if (code == Code.POST) {
                    x.setLocationPath("location1/location2");
                }
                x.respond(code == Code.GET ? ResponseCode.CONTENT : code == Code.PUT ? ResponseCode.CHANGED
                        : code == Code.POST ? ResponseCode.CREATED : ResponseCode.DELETED,
                        code == Code.GET ? "test".getBytes() : new byte[0], code == Code.GET ? 0 : -1);
            }
            case "seg1/seg2/seg3" -> x.respond(ResponseCode.CONTENT, "segments".getBytes(), 0);
            case "query" -> x.respond(ResponseCode.CONTENT, options.getUriQueryString().getBytes(), 0);
            case "location-query" -> {
                x.setLocationQuery("first=1&second=2");
                x.respond(ResponseCode.CREATED);
            }
            case "separate" -> {
                x.accept();
                try {
                    Thread.sleep(1500);
                } catch (InterruptedException e) {
                    return;
                }
                x.respond(ResponseCode.CONTENT, "separate".getBytes(), 0);
            }
            case "multi-format" -> {
                switch (options.hasAccept() ? options.getAccept() : 0) {
                case 0 -> x.respond(ResponseCode.CONTENT, "text".getBytes(), 0);
                case 41 -> x.respond(ResponseCode.CONTENT, "<xml/>".getBytes(), 41);
                default -> x.respond(ResponseCode.NOT_ACCEPTABLE);
                }
            }
            case "validate" -> validate(x, code, options, payload);
            case "create1" -> {
                boolean known = value != null;
                if (known && options.hasIfNoneMatch()) {
                    x.respond(ResponseCode.PRECONDITION_FAILED);
                } else {
                    value = payload;
                    x.respond(known ? ResponseCode.CHANGED : ResponseCode.CREATED);
                }
            }
            case "large" -> x.respond(ResponseCode.CONTENT, LARGE, 0);
            case "large-update" -> {
                if (code == Code.PUT) {
                    value = payload;
                    x.respond(ResponseCode.CHANGED);
                } else {
                    x.respond(ResponseCode.CONTENT, value == null ? LARGE : value, 0);
                }
            }
            case "large-create" -> {
                ((Space) ((Space) getParent()).getChild("large-update")).value = payload;
                x.setLocationPath(path.get(0) + "/large-update");
                x.respond(ResponseCode.CREATED);
            }
            case "large-post" -> {
                byte[] back = payload.clone();
                for (int i = 0; i < back.length; i++) {
                    back[i] = payload[back.length - 1 - i];
                }
                x.respond(ResponseCode.CHANGED, back, 0);
            }
            case "obs", "obs-non", "obs-large" -> {
                if (code == Code.GET) {
                    super.handleRequest(exchange);
                } else {
                    observed(x, code, options, payload);
                }
            }
            default -> x.respond(ResponseCode.NOT_FOUND);
            }
        }

        @Override
        public void handleGET(CoapExchange x) {
            byte[] start = getName().equals("obs-large") ? LARGE : "0".getBytes();
            x.respond(ResponseCode.CONTENT, value == null ? start : value, format);
        }

        void observed(CoapExchange x, Code code, OptionSet options, byte[] payload) {
            if (code == Code.DELETE) {
                value = null;
                clearAndNotifyObserveRelations(ResponseCode.NOT_FOUND);
                x.respond(ResponseCode.DELETED);
                return;
            }
            int now = options.hasContentFormat() ? options.getContentFormat() : 0;
            value = payload;
            x.respond(ResponseCode.CHANGED);
            if (now != format) {
                format = now;
                clearAndNotifyObserveRelations(ResponseCode.NOT_ACCEPTABLE);
            } else {
                changed();
            }
        }

        void validate(CoapExchange x, Code code, OptionSet options, byte[] payload) {
            byte[] etag = { (byte) tag };
            if (code == Code.PUT) {
                if (options.getIfMatchCount() > 0 && !options.isIfMatch(etag)) {
                    x.respond(ResponseCode.PRECONDITION_FAILED);
                    return;
                }
                tag++;
                value = payload;
                x.respond(ResponseCode.CHANGED);
                return;
            }
            x.setETag(etag);
            if (options.containsETag(etag)) {
                x.respond(ResponseCode.VALID);
            } else {
                x.respond(ResponseCode.CONTENT, value == null ? "validate".getBytes() : value, 0);
            }
        }

        static void core(CoapExchange x, OptionSet options) {
            List<String> links = new ArrayList<>(List.of(LINKS));
            for (String query : options.getUriQueryStrings()) {
                String[] parts = query.split("=", 2);
                links.removeIf(link -> !fits(link, parts[0], parts[1]));
            }
            x.respond(ResponseCode.CONTENT, String.join(",", links).getBytes(), 40);
        }

        static boolean fits(String link, String name, String wanted) {
            List<String> values = new ArrayList<>();
            String[] parts = link.split(";");
            if (name.equals("href")) {
                values.add(parts[0].substring(1, parts[0].length() - 1));
            }
            for (int i = 1; i < parts.length; i++) {
                if (parts[i].startsWith(name + "=")) {
                    values.addAll(List.of(parts[i].substring(name.length() + 1).replace("\"", "").split(" ")));
                }
            }
            return wanted.endsWith("*")
                    ? values.stream().anyMatch(v -> v.startsWith(wanted.substring(0, wanted.length() - 1)))
                    : values.contains(wanted);
        }
    }
}
