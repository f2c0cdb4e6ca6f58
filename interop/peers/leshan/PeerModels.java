// The object models both programs know: Leshan's own, its test object 3442 (every type), and
// Temperature 3303.

import java.util.ArrayList;
import java.util.List;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;

final class PeerModels {
    private PeerModels() {
    }

    static ResourceModel res(int id, String name, Operations ops, Type type, boolean mandatory) {
        return new ResourceModel(id, name, ops, false, mandatory, type, "", "", "");
    }

    private static List<ObjectModel> with(List<ObjectModel> core) throws Exception {
        List<ObjectModel> models = new ArrayList<>(core);
        models.addAll(ObjectLoader.loadDdfResources("/models/", new String[] { "3442.xml" }));
        models.add(new ObjectModel(3303, "Temperature", "", "1.1", true, false,
                res(5700, "Sensor Value", Operations.R, Type.FLOAT, true),
                res(5601, "Min Measured Value", Operations.R, Type.FLOAT, false),
                res(5602, "Max Measured Value", Operations.R, Type.FLOAT, false),
                res(5605, "Reset Min and Max Measured Values", Operations.E, Type.NONE, false),
                res(5701, "Sensor Units", Operations.R, Type.STRING, false),
                res(5750, "Application Type", Operations.RW, Type.STRING, false)));
        return models;
    }

    /** Every version: what a server wants, which looks up the version a client announced. */
    static List<ObjectModel> all() throws Exception {
        return with(ObjectLoader.loadAllDefault());
    }

    /** One version of each object: what a client wants. */
    static List<ObjectModel> latest() throws Exception {
        return with(ObjectLoader.loadDefault());
    }
}
