package cafe;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.Validations;
import software.constructs.IConstruct;

/** Says why what cdk-nag (https://github.com/cdklabs/cdk-nag) finds in the café is meant to be so. */
final class CafeAcknowledgements {
  /** Not by `Validations.acknowledge`, which refuses the `::` of pseudo parameters in an ARN; it writes to the same place. */
  static void acknowledgeFindings(Stack stack) {
    read().forEach((path, reasons) -> {
      IConstruct construct = stack;
      for (String id : path.split("/")) {
        construct = construct.getNode().findChild(id);
      }
      construct.getNode().addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, reasons);
    });
  }

  private static Map<String, Map<String, String>> read() {
    try {
      return new ObjectMapper().readValue(new File(Shared.path("acknowledgements.json")), new TypeReference<>() {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private CafeAcknowledgements() {}
}
