// A LwM2M bootstrap server for the tests: Eclipse Leshan's library behind a console. What speaks
// LwM2M and CoAP is Leshan's; the console is ours.
//
// Lines that it takes:
//   config EP URI SSID [format=SENML_CBOR|TLV|...] [delete=/0,/1] [auto=false] [lifetime=N]
//          [server-ssid=N] [own=URI] [read=/1]
//     what the endpoint is bootstrapped with: /0/1 (or the instance that Discover shows to be free)
//     and /1/0 for one server. server-ssid says otherwise in /1/0 than in /0/1; own writes the
//     account of the bootstrap server, /0/0, too; read asks for a Bootstrap-Read first.
//   drop EP
// Each is answered with OK. Lines that it says: EVENT EP what...

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.leshan.core.SecurityMode;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.peer.LwM2mPeer;
import org.eclipse.leshan.core.request.*;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.bootstrap.*;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.CaliforniumBootstrapServerEndpointsProvider;

public class PeerBootstrap {
    static final Map<String, BootstrapConfig> configs = new ConcurrentHashMap<>();
    static final Map<String, String> reads = new ConcurrentHashMap<>();

    static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    static String name(Object request) {
        String path = request instanceof SimpleDownlinkRequest<?> simple && simple.getPath() != null
                ? " " + simple.getPath()
                : "";
        return request.getClass().getSimpleName() + path;
    }

    public static void main(String[] args) throws Exception {
        BootstrapConfigStoreTaskProvider stored = new BootstrapConfigStoreTaskProvider(
                session -> configs.get(session.getEndpoint()));
        BootstrapTaskProvider tasks = (session, previous) -> {
            String read = reads.get(session.getEndpoint());
            if (read != null && previous == null) {
                BootstrapTaskProvider.Tasks first = new BootstrapTaskProvider.Tasks();
                first.requestsToSend = new ArrayList<>(List.of(new BootstrapReadRequest(read)));
                first.last = false;
                first.supportedObjects = Map.of(0, "1.1", 1, "1.1", 2, "1.0");
                return first;
            }
            return stored.getTasks(session, read != null && previous.size() == 1
                    && !(previous.get(0) instanceof org.eclipse.leshan.core.response.BootstrapDiscoverResponse)
                            ? null
                            : previous);
        };
        LeshanBootstrapServerBuilder builder = new LeshanBootstrapServerBuilder();
        builder.setTaskProvider(tasks);
        builder.setConfigStore(session -> configs.get(session.getEndpoint()));
        builder.setEndpointsProviders(new CaliforniumBootstrapServerEndpointsProvider.Builder()
                .addEndpoint(new InetSocketAddress("127.0.0.1", 0), Protocol.COAP).build());
        LeshanBootstrapServer server = builder.build();
        server.addListener(new BootstrapSessionListener() {
            public void sessionInitiated(BootstrapRequest request, LwM2mPeer peer) {
                say("EVENT " + request.getEndpointName() + " initiated " + request.getPreferredContentFormat());
            }

            public void unAuthorized(BootstrapRequest request, LwM2mPeer peer) {
                say("EVENT " + request.getEndpointName() + " unauthorized");
            }

            public void authorized(BootstrapSession session) {
            }

            public void noConfig(BootstrapSession session) {
                say("EVENT " + session.getEndpoint() + " noconfig");
            }

            public void sendRequest(BootstrapSession session,
                    BootstrapDownlinkRequest<? extends LwM2mResponse> request) {
            }

            public void onResponseSuccess(BootstrapSession session,
                    BootstrapDownlinkRequest<? extends LwM2mResponse> request, LwM2mResponse response) {
                say("EVENT " + session.getEndpoint() + " " + name(request) + " " + response.getCode().getCode() + " "
                        + String.valueOf(response).replace('\n', ' '));
            }

            public void onResponseError(BootstrapSession session,
                    BootstrapDownlinkRequest<? extends LwM2mResponse> request, LwM2mResponse response) {
                say("EVENT " + session.getEndpoint() + " " + name(request) + " " + response.getCode().getCode());
            }

            public void onRequestFailure(BootstrapSession session,
                    BootstrapDownlinkRequest<? extends LwM2mResponse> request, Throwable cause) {
                say("EVENT " + session.getEndpoint() + " " + name(request) + " failed " + cause);
            }

            public void end(BootstrapSession session) {
                say("EVENT " + session.getEndpoint() + " end");
            }

            public void failed(BootstrapSession session, BootstrapFailureCause cause) {
                say("EVENT " + session.getEndpoint() + " failed " + cause);
            }
        });
        server.start();
        say("READY coap=" + server.getEndpoint(Protocol.COAP).getURI().getPort());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null;) {
            try {
                command(line.trim().split(" "));
                say("OK");
            } catch (Exception e) {
                say("ERR " + e);
            }
        }
        System.exit(0);
    }

    static void command(String[] words) {
        if (words[0].equals("drop")) {
            configs.remove(words[1]);
            return;
        }
        String endpoint = words[1];
        BootstrapConfig config = new BootstrapConfig();
        config.autoIdForSecurityObject = true;
        BootstrapConfig.ServerSecurity security = security(words[2]);
        security.serverId = Integer.parseInt(words[3]);
        BootstrapConfig.ServerConfig server = new BootstrapConfig.ServerConfig();
        server.shortId = security.serverId;
        server.lifetime = 60;
        server.binding = EnumSet.of(BindingMode.U);
        for (int i = 4; i < words.length; i++) {
            String[] pair = words[i].split("=", 2);
            switch (pair[0]) {
            case "format" -> config.contentFormat = ContentFormat.fromName(pair[1]);
            case "delete" -> config.toDelete = List.of(pair[1].split(","));
            case "auto" -> config.autoIdForSecurityObject = Boolean.parseBoolean(pair[1]);
            case "lifetime" -> server.lifetime = Integer.parseInt(pair[1]);
            case "server-ssid" -> server.shortId = Integer.parseInt(pair[1]);
            case "own" -> {
                BootstrapConfig.ServerSecurity own = security(pair[1]);
                own.bootstrapServer = true;
                config.security.put(0, own);
            }
            case "read" -> reads.put(endpoint, pair[1]);
            default -> throw new IllegalArgumentException(words[i]);
            }
        }
        config.security.put(1, security);
        config.servers.put(0, server);
        configs.put(endpoint, config);
    }

    static BootstrapConfig.ServerSecurity security(String uri) {
        BootstrapConfig.ServerSecurity security = new BootstrapConfig.ServerSecurity();
        security.uri = uri;
        security.securityMode = SecurityMode.NO_SEC;
        return security;
    }
}
