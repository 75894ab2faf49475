"""Python reads this when the emulator starts, with this folder in PYTHONPATH: it calls each error of a function Runtime.HandlerError.

On AWS an error has the name that it was thrown with, by which the workflow tells what to try again, and the failure handler what happened.
So the worker of a function puts the name before the message, and what runs the function takes it from there.
"""

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

SEPARATOR = "\x1f"
MESSAGE = "error: String(err.message || err), trace"

assert MESSAGE in lambda_runtime._NODEJS_WORKER_SCRIPT
lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(
    MESSAGE, r'error: `${err.name}\x1f${err.message}`, trace'
)

execute = lambda_svc._execute_function_warm


def execute_and_name(func, event, request_id):
    result = execute(func, event, request_id)
    body = result.get("body")
    if result.get("error") and SEPARATOR in body["errorMessage"]:
        body["errorType"], body["errorMessage"] = body["errorMessage"].split(SEPARATOR, 1)
    return result


lambda_svc._execute_function_warm = execute_and_name
