// A LwM2M client for the tests: Eclipse Leshan's client library with a small console.
//
// This is NOT the Leshan demo client. The LwM2M side is Leshan's; the objects it serves and the
// console on stdin are ours.
//
// Console, one command a line, answered by one line on stdout beginning "OK" or "ERR":
//   list                       the registered objects and instances
//   set /3303/0/5700 21.5      a new value (observers hear of it)
//   update                     a registration Update now
//   send FORMAT PATH...        Send (FORMAT: SENML_CBOR or SENML_JSON)
//   quit                       de-register and end      abort     end without a word

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.*;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.object.*;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.resource.*;
import org.eclipse.leshan.client.send.ManualDataSender;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.LwM2mId;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.request.*;
import org.eclipse.leshan.core.request.argument.Arguments;
import org.eclipse.leshan.core.response.*;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;

public class PeerClient {
    static void say(String text) {
        System.out.println(text);
    }

    public static class Thermometer extends BaseInstanceEnabler {
        double value = 20.0, min = 20.0, max = 20.0;
        String application = "test";

        @Override
        public ReadResponse read(LwM2mServer server, int resource) {
            return switch (resource) {
            case 5700 -> ReadResponse.success(resource, value);
            case 5601 -> ReadResponse.success(resource, min);
            case 5602 -> ReadResponse.success(resource, max);
            case 5701 -> ReadResponse.success(resource, "Cel");
            case 5750 -> ReadResponse.success(resource, application);
            default -> super.read(server, resource);
            };
        }

        @Override
        public WriteResponse write(LwM2mServer server, boolean replace, int resource,
                org.eclipse.leshan.core.node.LwM2mResource in) {
            if (resource != 5750)
                return super.write(server, replace, resource, in);
            application = (String) in.getValue();
            fireResourceChange(resource);
            return WriteResponse.success();
        }

        @Override
        public ExecuteResponse execute(LwM2mServer server, int resource, Arguments arguments) {
            if (resource != 5605)
                return super.execute(server, resource, arguments);
            min = max = value;
            say("EXECUTE /3303/" + getId() + "/5605 " + arguments.serialize());
            fireResourcesChange(getResourcePaths(5601, 5602));
            return ExecuteResponse.success();
        }

        void set(double v) {
            value = v;
            min = Math.min(min, v);
            max = Math.max(max, v);
            fireResourcesChange(getResourcePaths(5700, 5601, 5602));
        }

        @Override
        public List<Integer> getAvailableResourceIds(ObjectModel model) {
            return List.of(5601, 5602, 5605, 5700, 5701, 5750);
        }
    }

    public static void main(String[] args) throws Exception {
        String uri = null, name = "leshan";
        long lifetime = 300;
        boolean bootstrap = false, queue = false;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
            case "-u" -> uri = args[++i];
            case "-n" -> name = args[++i];
            case "-l" -> lifetime = Long.parseLong(args[++i]);
            case "-b" -> bootstrap = true;
            case "-q" -> queue = true;
            default -> throw new IllegalArgumentException(args[i]);
            }
        }
        if (uri == null)
            throw new IllegalArgumentException("-u host:port is wanted");
        uri = "coap://" + uri;

        Thermometer thermometer = new Thermometer();
        ObjectsInitializer objects = new ObjectsInitializer(new StaticModel(PeerModels.latest()));
        if (bootstrap) {
            objects.setInstancesForObject(LwM2mId.SECURITY, Security.noSecBootstrap(uri));
            objects.setClassForObject(LwM2mId.SERVER, Server.class);
        } else {
            objects.setInstancesForObject(LwM2mId.SECURITY, Security.noSec(uri, 123));
            objects.setInstancesForObject(LwM2mId.SERVER, new Server(123, lifetime));
        }
        objects.setInstancesForObject(LwM2mId.DEVICE, new Device("m2m", "model-500", "123456"));
        objects.setInstancesForObject(3303, thermometer);
        objects.setClassForObject(3442, LwM2mTestObject.class);
        LwM2mTestObject testObject = new LwM2mTestObject();
        objects.setInstancesForObject(3442, testObject);

        DefaultRegistrationEngineFactory engine = new DefaultRegistrationEngineFactory();
        engine.setQueueMode(queue);
        LeshanClientBuilder builder = new LeshanClientBuilder(name);
        builder.setObjects(objects.createAll());
        builder.setDataSenders(new ManualDataSender());
        builder.setRegistrationEngineFactory(engine);
        builder.setEndpointsProviders(
                new CaliforniumClientEndpointsProvider.Builder(new CoapClientProtocolProvider()).build());
        LeshanClient client = builder.build();
        client.addObserver(new LwM2mClientObserverAdapter() {
            public void onBootstrapSuccess(LwM2mServer s, BootstrapRequest r) {
                say("BOOTSTRAPPED");
            }

            public void onRegistrationSuccess(LwM2mServer s, RegisterRequest r, String id) {
                say("REGISTERED " + id);
            }

            public void onRegistrationFailure(LwM2mServer s, RegisterRequest r, ResponseCode c, String m, Exception e) {
                say("REGISTRATION_FAILED " + c + " " + m);
            }

            public void onRegistrationTimeout(LwM2mServer s, RegisterRequest r) {
                say("REGISTRATION_TIMEOUT");
            }

            public void onUpdateSuccess(LwM2mServer s, UpdateRequest r) {
                say("UPDATED");
            }

            public void onUpdateFailure(LwM2mServer s, UpdateRequest r, ResponseCode c, String m, Exception e) {
                say("UPDATE_FAILED " + c + " " + m);
            }

            public void onUpdateTimeout(LwM2mServer s, UpdateRequest r) {
                say("UPDATE_TIMEOUT");
            }

            public void onDeregistrationSuccess(LwM2mServer s, DeregisterRequest r) {
                say("DEREGISTERED");
            }
        });
        client.start();
        say("READY");
        console(client, thermometer);
    }

    static void console(LeshanClient client, Thermometer thermometer) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null;) {
            String[] w = line.trim().split("\\s+");
            try {
                switch (w[0]) {
                case "" -> {
                }
                case "list" -> {
                    StringJoiner all = new StringJoiner(",");
                    for (LwM2mObjectEnabler o : new TreeMap<>(client.getObjectTree().getObjectEnablers()).values()) {
                        if (o.getAvailableInstanceIds().isEmpty())
                            all.add("/" + o.getId());
                        for (int i : o.getAvailableInstanceIds())
                            all.add("/" + o.getId() + "/" + i);
                    }
                    say("OK " + all);
                }
                case "set" -> {
                    if (!w[1].equals("/3303/0/5700"))
                        throw new IllegalArgumentException("only /3303/0/5700");
                    thermometer.set(Double.parseDouble(w[2]));
                    say("OK");
                }
                case "update" -> {
                    client.triggerRegistrationUpdate();
                    say("OK");
                }
                case "send" -> {
                    ContentFormat f = ContentFormat.fromName(w[1]);
                    List<String> paths = Arrays.asList(w).subList(2, w.length);
                    for (LwM2mServer s : client.getRegisteredServers().values()) {
                        SendResponse r = client.getSendService().sendData(s, f, paths, 5000);
                        say(r == null ? "ERR timeout" : "OK " + r.getCode());
                    }
                }
                case "abort" -> Runtime.getRuntime().halt(0);
                case "quit" -> {
                    client.destroy(true);
                    System.exit(0);
                }
                default -> say("ERR unknown command " + w[0]);
                }
            } catch (Exception e) {
                say("ERR " + e);
            }
        }
        client.destroy(true);
        System.exit(0);
    }
}
