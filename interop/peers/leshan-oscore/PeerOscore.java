// Eclipse Leshan's client library with OSCORE, for the tests. The LwM2M and OSCORE sides are
// Leshan's, the lines on stdin and stdout are ours.
//
//   PeerOscore URI ENDPOINT SENDER RECIPIENT SECRET [bootstrap]     ids and secret in hex, as this
//                                                                   client sees them
//                                                  READY, then BOOTSTRAPPED, REGISTERED, UPDATED,
//                                                  GONE or FAILED
//
// Console: "set 21.5" is a new value of /3303/0/5700, "update" an Update, "quit" a De-register.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.californium.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.client.californium.endpoint.coap.CoapOscoreProtocolProvider;
import org.eclipse.leshan.client.object.*;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.resource.*;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.core.LwM2mId;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.model.*;
import org.eclipse.leshan.core.oscore.*;
import org.eclipse.leshan.core.request.*;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.util.Hex;

public class PeerOscore {
    static void say(String text) {
        System.out.println(text);
    }

    public static class Thermometer extends BaseInstanceEnabler {
        double value = 20.0;

        @Override
        public ReadResponse read(LwM2mServer server, int resource) {
            return resource == 5700 ? ReadResponse.success(resource, value) : super.read(server, resource);
        }

        void set(double v) {
            value = v;
            fireResourceChange(5700);
        }
    }

    static byte[] hex(String text) {
        return Hex.decodeHex(text.toCharArray());
    }

    public static void main(String[] args) throws Exception {
        String uri = args[0];
        OscoreSetting setting = new OscoreSetting(hex(args[2]), hex(args[3]), hex(args[4]));
        Thermometer thermometer = new Thermometer();
        List<ObjectModel> models = new ArrayList<>(ObjectLoader.loadDefault());
        models.add(new ObjectModel(3303, "Temperature", "", "1.1", true, false, new ResourceModel(5700,
                "Sensor Value", ResourceModel.Operations.R, false, true, ResourceModel.Type.FLOAT, "", "", "")));
        ObjectsInitializer objects = new ObjectsInitializer(new StaticModel(models));
        objects.setInstancesForObject(LwM2mId.OSCORE, new Oscore(7, setting));
        if (args.length > 5) {
            objects.setInstancesForObject(LwM2mId.SECURITY, Security.oscoreOnlyBootstrap(uri, 7));
            objects.setClassForObject(LwM2mId.SERVER, Server.class);
        } else {
            objects.setInstancesForObject(LwM2mId.SECURITY, Security.oscoreOnly(uri, 123, 7));
            objects.setInstancesForObject(LwM2mId.SERVER, new Server(123, 60));
        }
        objects.setInstancesForObject(LwM2mId.DEVICE, new Device("m2m", "model-500", "123456"));
        objects.setInstancesForObject(3303, thermometer);
        LeshanClientBuilder builder = new LeshanClientBuilder(args[1]);
        builder.setObjects(objects.createAll());
        builder.setEndpointsProviders(
                new CaliforniumClientEndpointsProvider.Builder(new CoapOscoreProtocolProvider()).build());
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

            public void onUpdateSuccess(LwM2mServer s, UpdateRequest r) {
                say("UPDATED");
            }

            public void onDeregistrationSuccess(LwM2mServer s, DeregisterRequest r) {
                say("GONE");
            }
        });
        client.start();
        say("READY");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null;) {
            if (line.startsWith("set "))
                thermometer.set(Double.parseDouble(line.substring(4)));
            else if (line.equals("update"))
                client.triggerRegistrationUpdate();
            else if (line.equals("quit"))
                client.destroy(true);
        }
        System.exit(0);
    }
}
