"""
When schedules fire, by other means than src/workflow: cronsim finds the times, Python's zoneinfo (with the tzdata of PyPI) their instants.
Reads a list of {"expression", "timeZone", "after", "until", "limit"} and writes the list of their times, all in milliseconds.
"""
import calendar
import json
import re
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def cronsim_weekday(field):
    """Scheduler counts from 1 for Sunday, cronsim from 0; and a lone L is the last day of the week."""
    if field == "L":
        return "6"
    for name in WEEKDAYS:
        field = field.replace(name, str(WEEKDAYS.index(name) + 1))
    return re.sub(r"(?<!#)\d", lambda match: str(int(match.group()) - 1), field)


def nearest_workday(year, month, date):
    length = calendar.monthrange(year, month)[1]
    if date > length:
        return None
    match calendar.weekday(year, month, date):
        case calendar.SATURDAY:
            return date - 1 if date > 1 else date + 2
        case calendar.SUNDAY:
            return date + 1 if date < length else date - 2
    return date


def has_year(field, year):
    bounds = [part.split("-") for part in field.split(",")]
    return field == "*" or any(int(part[0]) <= year <= int(part[-1]) for part in bounds)


def wall_times(expression, begin, end):
    minutes, hours, date, months, weekday, years = expression.removeprefix("cron(").removesuffix(")").upper().split()
    nearest = int(date[:-1]) if re.fullmatch(r"\d+W", date) else None
    if nearest:
        date = f"{max(1, nearest - 2)}-{min(31, nearest + 2)}"
    fields = [minutes, hours, date.replace("?", "*"), months, "*" if weekday == "?" else cronsim_weekday(weekday)]
    for year in range(begin.year, end.year + 1):
        if has_year(years, year):
            for time in cronsim_times(" ".join(fields), max(begin, datetime(year, 1, 1) - timedelta(seconds=1))):
                if time.year > year or time > end:
                    break
                if not nearest or nearest_workday(time.year, time.month, nearest) == time.day:
                    yield time


def cronsim_times(expression, begin):
    try:
        yield from CronSim(expression, begin)
    except CronSimError as error:
        if str(error) != "Bad day-of-month":  # so it says of 30 February
            raise


def fire_times(case):
    zone = ZoneInfo(case["timeZone"])
    after, until = (datetime.fromtimestamp(case[bound] / 1000, timezone.utc) for bound in ("after", "until"))
    times = []
    begin, end = after.replace(tzinfo=None) - timedelta(days=2), until.replace(tzinfo=None) + timedelta(days=2)
    for wall_time in wall_times(case["expression"], begin, end):
        if len(times) == case["limit"]:
            break
        instant = wall_time.replace(tzinfo=zone).astimezone(timezone.utc)
        exists = instant.astimezone(zone).replace(tzinfo=None) == wall_time
        if exists and after < instant <= until:
            times.append(int(instant.timestamp()) * 1000)
    return times


json.dump([fire_times(case) for case in json.load(sys.stdin)], sys.stdout)
