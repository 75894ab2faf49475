"""Reads each format of a report with tools of Python, and compares what is there with the rows it was made of."""

import csv
import json
import re
import sys
import warnings
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
from openpyxl.utils.escape import unescape

folder = Path(sys.argv[1])
source = json.loads((folder / "source.json").read_text(encoding="utf-8", errors="surrogatepass"))
columns, time_zone = source["columns"], ZoneInfo(source["timeZone"])
rows = [[row[column["name"]] for column in columns] for row in source["rows"]]
headings = [column["label"] for column in columns]

NUMBERS = ("integer", "decimal", "currency")
warnings.simplefilter("error")  # openpyxl warns of what it has to put right


def without_halves(text):
    """Half of a surrogate pair is no character: it is the one that says so."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def visible(text):
    """What no reader sees is shown as such, and lines end in one way. XML knows neither U+FFFE nor U+FFFF."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\ufffe\uffff]", "\ufffd", without_halves(text).replace("\r\n", "\n").replace("\r", "\n"))


def in_csv(value, kind):
    if value is None:
        return ""
    if kind in NUMBERS:
        return Decimal(str(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return without_halves(value)


def check_csv(name, guarded):
    with open(folder / name, encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, strict=True))
    assert [heading.removeprefix("'") if guarded else heading for heading in lines[0]] == headings, lines[0]
    assert len(lines) == len(rows) + 1, len(lines)
    for number, (found, row) in enumerate(zip(lines[1:], rows), 1):
        for cell, value, column in zip(found, row, columns, strict=True):
            if column["type"] in NUMBERS and cell:
                cell = Decimal(cell)
            elif guarded and column["type"] in ("text", "link"):
                assert not re.match(r"[\s\x00-\x1f]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]", cell), (number, column["name"], cell)
                if cell.startswith("'") and value is not None and not value.startswith("'"):
                    cell = cell[1:]
            assert cell == in_csv(value, column["type"]), (number, column["name"], cell, value)


def check_json(name, lines):
    text = (folder / name).read_text(encoding="utf-8")
    read = lambda document: json.loads(document, parse_float=Decimal, parse_int=Decimal)
    found = [read(line) for line in text.split("\n") if line] if lines else read(text)
    assert len(found) == len(rows), len(found)
    for number, (cells, row) in enumerate(zip(found, rows), 1):
        assert list(cells) == [column["name"] for column in columns], list(cells)
        for cell, value, column in zip(cells.values(), row, columns):
            if column["type"] in NUMBERS and value is not None:
                cell, value = Decimal(cell), Decimal(str(value))
            elif isinstance(value, str):
                value, cell = without_halves(value), without_halves(cell)
            assert cell == value, (number, column["name"], cell, value)


def in_sheet(value, kind, found):
    if isinstance(found, datetime):
        assert value >= "1900-03-01" or kind == "datetime", value
        time = datetime.fromisoformat(value)
        return time if kind == "date" else time.astimezone(time_zone).replace(tzinfo=None)
    assert kind not in ("date", "datetime") or value < "1900-03-02", value
    return visible(value) if isinstance(value, str) else value


def check_xlsx(name):
    book = openpyxl.load_workbook(folder / name)
    assert book.sheetnames == ["Report", "About"], book.sheetnames
    sheet = book["Report"]
    lines = list(sheet.iter_rows())
    shown = [f"{column['label']} ({source['timeZone']})" if column["type"] == "datetime" else column["label"] for column in columns]
    assert [cell.value for cell in lines[0]] == shown, [cell.value for cell in lines[0]]
    assert all(cell.font.b for cell in lines[0]) and sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:{lines[-1][-1].coordinate}", sheet.auto_filter.ref
    assert len(lines) == len(rows) + 1, len(lines)
    for number, (cells, row) in enumerate(zip(lines[1:], rows), 1):
        for cell, value, column in zip(cells, row, columns, strict=True):
            assert cell.data_type != "f", (number, column["name"], "is a formula")
            found, place = cell.value, (number, column["name"], cell.value, value)
            if value is None or value == "":
                assert found in (None, ""), place
            elif column["type"] in NUMBERS:
                # Each digit of a string counts, but zeros behind the last decimal; a fraction of JSON is a binary one, as in Excel.
                whole, _, fraction = format(Decimal(str(value)), "f").lstrip("-0").partition(".")
                digits = (whole + fraction.rstrip("0")).lstrip("0")
                is_binary = isinstance(value, float) and not value.is_integer()
                assert isinstance(found, str) == (len(digits) > 15 and not is_binary), place
                assert Decimal(str(found)) == Decimal(str(value)), place
            elif isinstance(found, datetime):
                assert abs((found - in_sheet(value, column["type"], found)).total_seconds()) < 0.001, place
            else:
                assert (unescape(found) if isinstance(found, str) else found) == in_sheet(value, column["type"], found), place


def check(what, read):
    try:
        read()
        print(f"✓ {what}")
    except Exception as error:  # each check tells what it found
        print(f"✗ {what}: {type(error).__name__} {error}")
        sys.exitcode = 1


check("CSV, read by Python", lambda: check_csv("plain.csv", guarded=False))
check("CSV with its guard against formulas, read by Python", lambda: check_csv("guarded.csv", guarded=True))
check("JSON, read by Python", lambda: check_json("array.json", lines=False))
check("JSON lines, read by Python", lambda: check_json("lines.json", lines=True))
check("XLSX, read by openpyxl", lambda: check_xlsx("report.xlsx"))
sys.exit(getattr(sys, "exitcode", 0))
