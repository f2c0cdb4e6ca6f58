// A LwM2M server, or a bootstrap server, on Eclipse Leshan's libraries with OSCORE, for the tests. The
// LwM2M and OSCORE sides are Leshan's, the lines on stdin and stdout are ours.
//
//   PeerOscoreServer server                        READY PORT
//   PeerOscoreServer bootstrap                     READY PORT
//
// Lines that both take: "know EP SENDER RECIPIENT SECRET" is a client and its keys, ids and secret in hex
// as this server sees them.
//
// The server says REGISTERED EP IDENTITY, UPDATED EP, GONE EP, NOTIFIED EP VALUE and takes
//   read EP PATH, write EP PATH TEXT, execute EP PATH, observe EP PATH
// each answered by CODE and what came.
//
// The bootstrap server takes "account EP URI SSID [SENDER RECIPIENT SECRET]", what it configures: with
// keys, as the client sees them, the account is one under OSCORE. It says DONE EP or FAILED EP CAUSE.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.leshan.core.SecurityMode;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.node.*;
import org.eclipse.leshan.core.observation.*;
import org.eclipse.leshan.core.oscore.OscoreSetting;
import org.eclipse.leshan.core.peer.*;
import org.eclipse.leshan.core.request.*;
import org.eclipse.leshan.core.response.*;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.server.*;
import org.eclipse.leshan.server.bootstrap.*;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.CaliforniumBootstrapServerEndpointsProvider;
import org.eclipse.leshan.server.californium.bootstrap.endpoint.coap.CoapOscoreBootstrapServerEndpointFactory;
import org.eclipse.leshan.server.californium.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.server.californium.endpoint.coap.CoapOscoreServerEndpointFactory;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.*;
import org.eclipse.leshan.server.security.*;

public class PeerOscoreServer {
    static final InMemorySecurityStore store = new InMemorySecurityStore();
    static final Map<String, BootstrapConfig> configs = new ConcurrentHashMap<>();
    static final URI ANY = URI.create("coap://127.0.0.1:0");

    static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    static byte[] hex(String text) {
        return Hex.decodeHex(text.toCharArray());
    }

    public static void main(String[] args) throws Exception {
        LeshanServer server = args[0].equals("server") ? server() : null;
        if (server == null)
            bootstrap();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null;) {
            String[] words = line.split(" ", 4);
            try {
                switch (words[0]) {
                case "know" -> {
                    String[] keys = words[3].split(" ");
                    OscoreSetting setting = new OscoreSetting(hex(words[2]), hex(keys[0]), hex(keys[1]));
                    store.add(SecurityInfo.newOscoreInfo(words[1], setting));
                    say("OK");
                }
                case "account" -> {
                    configs.put(words[1], config(words[2], words[3].split(" ")));
                    say("OK");
                }
                default -> manage(server, words);
                }
            } catch (Exception e) {
                say("ERR " + e);
            }
        }
        System.exit(0);
    }

    static LeshanServer server() {
        LeshanServerBuilder builder = new LeshanServerBuilder();
        builder.setSecurityStore(store);
        builder.setEndpointsProviders(new CaliforniumServerEndpointsProvider.Builder()
                .addEndpoint(new CoapOscoreServerEndpointFactory(ANY)).build());
        LeshanServer server = builder.build();
        server.getRegistrationService().addListener(new RegistrationListener() {
            public void registered(Registration r, Registration old, Collection<Observation> o) {
                say("REGISTERED " + r.getEndpoint() + " " + r.getClientTransportData().getIdentity());
            }

            public void updated(RegistrationUpdate u, Registration now, Registration old) {
                say("UPDATED " + now.getEndpoint());
            }

            public void unregistered(Registration r, Collection<Observation> o, boolean expired, Registration n) {
                say("GONE " + r.getEndpoint());
            }
        });
        server.getObservationService().addListener(new ObservationListener() {
            public void newObservation(Observation o, Registration r) {
            }

            public void cancelled(Observation o) {
            }

            public void onResponse(SingleObservation o, Registration r, ObserveResponse response) {
                say("NOTIFIED " + r.getEndpoint() + " " + value(response.getContent()));
            }

            // Under OSCORE each request that observes is a FETCH outside (RFC 8613, 4.1.3.5), and Leshan goes by
            // that: to it the observation is one of several paths.
            public void onResponse(CompositeObservation o, Registration r, ObserveCompositeResponse response) {
                response.getContent().forEach((path, node) -> say("NOTIFIED " + r.getEndpoint() + " " + value(node)));
            }

            public void onError(Observation o, Registration r, Exception e) {
                say("ERR " + e);
            }
        });
        server.start();
        say("READY " + server.getEndpoint(Protocol.COAP).getURI().getPort());
        return server;
    }

    static String value(LwM2mNode node) {
        return node instanceof LwM2mSingleResource single ? String.valueOf(single.getValue()) : String.valueOf(node);
    }

    static void manage(LeshanServer server, String[] words) throws Exception {
        Registration registration = server.getRegistrationService().getByEndpoint(words[1]);
        LwM2mPath path = new LwM2mPath(words[2]);
        DownlinkRequest<? extends LwM2mResponse> request = switch (words[0]) {
        case "read" -> new ReadRequest(words[2]);
        case "write" -> new WriteRequest(ContentFormat.TEXT, path.getObjectId(), path.getObjectInstanceId(),
                path.getResourceId(), words[3]);
        case "execute" -> new ExecuteRequest(words[2]);
        case "observe" -> new ObserveRequest(words[2]);
        default -> throw new IllegalArgumentException(words[0]);
        };
        LwM2mResponse response = server.send(registration, request, 20_000);
        String content = response instanceof ReadResponse read && read.isSuccess() ? value(read.getContent()) : "";
        say("CODE " + (response == null ? "none" : response.getCode() + " " + content));
    }

    static void bootstrap() {
        LeshanBootstrapServerBuilder builder = new LeshanBootstrapServerBuilder();
        builder.setConfigStore(session -> configs.get(session.getEndpoint()));
        builder.setSecurityStore(new BootstrapSecurityStore() {
            public Iterator<SecurityInfo> getAllByEndpoint(String endpoint) {
                SecurityInfo info = store.getByEndpoint(endpoint);
                return info == null ? null : List.of(info).iterator();
            }

            public SecurityInfo getByIdentity(String identity) {
                return store.getByIdentity(identity);
            }

            public SecurityInfo getByOscoreIdentity(OscoreIdentity identity) {
                return store.getByOscoreIdentity(identity);
            }
        });
        builder.setEndpointsProviders(new CaliforniumBootstrapServerEndpointsProvider.Builder()
                .addEndpoint(new CoapOscoreBootstrapServerEndpointFactory(ANY)).build());
        LeshanBootstrapServer server = builder.build();
        server.addListener(new BootstrapSessionListener() {
            public void sessionInitiated(BootstrapRequest request, LwM2mPeer peer) {
                say("ASKED " + request.getEndpointName() + " " + peer.getIdentity());
            }

            public void unAuthorized(BootstrapRequest request, LwM2mPeer peer) {
                say("FAILED " + request.getEndpointName() + " unauthorized");
            }

            public void authorized(BootstrapSession session) {
            }

            public void noConfig(BootstrapSession session) {
            }

            public void sendRequest(BootstrapSession session,
                    BootstrapDownlinkRequest<? extends LwM2mResponse> request) {
            }

            public void onResponseSuccess(BootstrapSession session,
                    BootstrapDownlinkRequest<? extends LwM2mResponse> request, LwM2mResponse response) {
            }

            public void onResponseError(BootstrapSession session,
                    BootstrapDownlinkRequest<? extends LwM2mResponse> request, LwM2mResponse response) {
                say("REFUSED " + request + " " + response);
            }

            public void onRequestFailure(BootstrapSession session,
                    BootstrapDownlinkRequest<? extends LwM2mResponse> request, Throwable cause) {
                say("REFUSED " + request + " " + cause);
            }

            public void end(BootstrapSession session) {
                say("DONE " + session.getEndpoint());
            }

            public void failed(BootstrapSession session, BootstrapFailureCause cause) {
                say("FAILED " + session.getEndpoint() + " " + cause);
            }
        });
        server.start();
        say("READY " + server.getEndpoint(Protocol.COAP).getURI().getPort());
    }

    static BootstrapConfig config(String uri, String[] words) {
        BootstrapConfig config = new BootstrapConfig();
        config.toDelete = List.of("/0", "/1", "/21");
        BootstrapConfig.ServerSecurity security = new BootstrapConfig.ServerSecurity();
        security.uri = uri;
        security.serverId = Integer.parseInt(words[0]);
        security.securityMode = SecurityMode.NO_SEC;
        if (words.length > 1) {
            BootstrapConfig.OscoreObject keys = new BootstrapConfig.OscoreObject();
            keys.oscoreSenderId = hex(words[1]);
            keys.oscoreRecipientId = hex(words[2]);
            keys.oscoreMasterSecret = hex(words[3]);
            keys.oscoreAeadAlgorithm = OscoreSetting.DEFAULT_AEAD_ALGORITHM.getValue();
            keys.oscoreHmacAlgorithm = OscoreSetting.DEFAULT_HKDF_ALGORITHM.getValue();
            keys.oscoreMasterSalt = OscoreSetting.DEFAULT_MASTER_SALT;
            config.oscore.put(1, keys);
            security.oscoreSecurityMode = 1;
        }
        BootstrapConfig.ServerConfig server = new BootstrapConfig.ServerConfig();
        server.shortId = security.serverId;
        server.lifetime = 60;
        server.binding = EnumSet.of(BindingMode.U);
        config.security.put(1, security);
        config.servers.put(1, server);
        return config;
    }
}
