// Eclipse Leshan's client or server library with DTLS and a pre-shared key, for the tests. The
// LwM2M and DTLS sides are Leshan's, the lines on stdout are ours.
//
//   PeerSecure server ENDPOINT IDENTITY HEXKEY     READY PORT, then REGISTERED NAME IDENTITY and the
//                                                  manufacturer that it reads: READ TEXT
//   PeerSecure client URI ENDPOINT IDENTITY HEXKEY [bootstrap]
//                                                  READY, then BOOTSTRAPPED, REGISTERED or FAILED
//
// It ends when stdin does.

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.object.*;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.LwM2mId;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.request.*;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.util.Hex;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.registration.*;
import org.eclipse.leshan.servers.security.InMemorySecurityStore;
import org.eclipse.leshan.servers.security.SecurityInfo;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coaps.CoapsServerProtocolProvider;

public class PeerSecure {
    static void say(String text) {
        System.out.println(text);
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("server"))
            server(args[1], args[2], Hex.decodeHex(args[3].toCharArray()));
        else
            client(args[1], args[2], args[3], Hex.decodeHex(args[4].toCharArray()), args.length > 5);
        while (System.in.read() >= 0) {
        }
        System.exit(0);
    }

    static void server(String endpoint, String identity, byte[] key) throws Exception {
        InMemorySecurityStore store = new InMemorySecurityStore();
        store.add(SecurityInfo.newPreSharedKeyInfo(endpoint, identity, key));
        LeshanServerBuilder builder = new LeshanServerBuilder();
        builder.setSecurityStore(store);
        builder.setEndpointsProviders(new CaliforniumServerEndpointsProvider.Builder(new CoapsServerProtocolProvider())
                .addEndpoint(new InetSocketAddress("127.0.0.1", 0), Protocol.COAPS).build());
        LeshanServer server = builder.build();
        server.getRegistrationService().addListener(new RegistrationListener() {
            public void registered(Registration r, Registration old, Collection<Observation> o) {
                say("REGISTERED " + r.getEndpoint() + " " + r.getClientTransportData().getIdentity());
                new Thread(() -> {
                    try {
                        ReadResponse read = server.send(r, new ReadRequest(3, 0, 0), 10_000);
                        say("READ " + ((LwM2mSingleResource) read.getContent()).getValue());
                    } catch (Exception e) {
                        say("ERR " + e);
                    }
                }).start();
            }

            public void updated(RegistrationUpdate u, Registration now, Registration old) {
            }

            public void unregistered(Registration r, Collection<Observation> o, boolean expired, Registration n) {
                say("GONE " + r.getEndpoint());
            }
        });
        server.start();
        say("READY " + server.getEndpoint(Protocol.COAPS).getURI().getPort());
    }

    static void client(String uri, String endpoint, String identity, byte[] key, boolean bootstrap)
            throws Exception {
        byte[] id = identity.getBytes(StandardCharsets.UTF_8);
        ObjectsInitializer objects = new ObjectsInitializer(new StaticModel(PeerModels.latest()));
        if (bootstrap) {
            objects.setInstancesForObject(LwM2mId.SECURITY, Security.pskBootstrap(uri, id, key));
            objects.setClassForObject(LwM2mId.SERVER, Server.class);
        } else {
            objects.setInstancesForObject(LwM2mId.SECURITY, Security.psk(uri, 123, id, key));
            objects.setInstancesForObject(LwM2mId.SERVER, new Server(123, 60));
        }
        objects.setInstancesForObject(LwM2mId.DEVICE, new Device("m2m", "model-500", "123456"));
        LeshanClientBuilder builder = new LeshanClientBuilder(endpoint);
        builder.setObjects(objects.createAll());
        builder.setEndpointsProviders(new CaliforniumClientEndpointsProvider.Builder(
                new CoapClientProtocolProvider(), new CoapsClientProtocolProvider()).build());
        LeshanClient client = builder.build();
        client.addObserver(new LwM2mClientObserverAdapter() {
            public void onBootstrapSuccess(LwM2mServer s, BootstrapRequest r) {
                say("BOOTSTRAPPED");
            }

            public void onBootstrapFailure(LwM2mServer s, BootstrapRequest r, ResponseCode c, String m, Exception e) {
                say("FAILED " + c + " " + m);
            }

            public void onRegistrationSuccess(LwM2mServer s, RegisterRequest r, String location) {
                say("REGISTERED " + location);
            }

            public void onRegistrationFailure(LwM2mServer s, RegisterRequest r, ResponseCode c, String m, Exception e) {
                say("FAILED " + c + " " + m);
            }
        });
        client.start();
        say("READY");
    }
}
