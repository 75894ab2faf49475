"""Python reads this when the emulator starts, with this folder in PYTHONPATH. It does two things as AWS does them.

The emulator calls each error of a function Runtime.HandlerError. On AWS an error has the name that it was thrown with, by which the
workflow tells what to try again, and the failure handler what happened. So the worker of a function puts the name before the message, and
what runs the function takes it from there.

The emulator hands on the context attributes of Scheduler as they are written, and looks for schedules that are due every ten seconds. Here they
have their values, and each schedule fires within a second, and twice: Scheduler promises to fire at least once.
"""

import re
from datetime import datetime, timezone

from ministack.core import lambda_runtime
from ministack.services import eventbridge, lambda_svc, scheduler

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

assert scheduler._SCHEDULE_TICK_INTERVAL == 10
scheduler._SCHEDULE_TICK_INTERVAL = 1

invoke_target = eventbridge._invoke_target


def invoke_as_scheduler(target, event, rule, view=None):
    if event["Source"] != "aws.scheduler":
        return invoke_target(target, event, rule, view)
    at = re.fullmatch(r"at\((.+)\)", rule["ScheduleExpression"])
    fired = datetime.fromtimestamp(event["Time"], tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    values = {"schedule-arn": rule["Arn"], "scheduled-time": f"{at[1] if at else fired}Z"}
    payload = re.sub(r"<aws\.scheduler\.([a-z-]+)>", lambda name: values[name[1]], target["Input"])
    for _ in range(2):
        invoke_target({**target, "Input": payload}, event, rule, view)


eventbridge._invoke_target = invoke_as_scheduler
