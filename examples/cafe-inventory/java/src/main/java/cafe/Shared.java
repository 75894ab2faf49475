package cafe;

import java.nio.file.Path;

/** What the café has in every language: its functions' code, its website, its menu and its data. */
final class Shared {
  /** The CDK runs the app in the directory of its cdk.json, which is beside them. */
  private static final Path DIRECTORY = Path.of("..").toAbsolutePath().normalize();

  static String path(String name) {
    return DIRECTORY.resolve(name).toString();
  }

  private Shared() {}
}
