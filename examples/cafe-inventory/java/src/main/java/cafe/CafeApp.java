package cafe;

import software.amazon.awscdk.App;

public final class CafeApp {
  public static void main(String[] args) {
    App app = new App();
    new CafeStack(app, "Cafe", new CafeStack.Emails(
        (String) app.getNode().tryGetContext("bookkeeperEmail"),
        (String) app.getNode().tryGetContext("ownerEmail")));
    app.synth();
  }
}
