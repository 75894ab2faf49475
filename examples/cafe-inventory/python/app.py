from aws_cdk import App

from cafe.cafe_stack import CafeStack

app = App()
CafeStack(
    app,
    "Cafe",
    bookkeeper_email=app.node.try_get_context("bookkeeperEmail"),
    owner_email=app.node.try_get_context("ownerEmail"),
)
app.synth()
