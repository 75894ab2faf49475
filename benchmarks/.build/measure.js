"use strict";
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __esm = (fn, res, err) => function __init() {
  if (err) throw err[0];
  try {
    return fn && (res = (0, fn[__getOwnPropNames(fn)[0]])(fn = 0)), res;
  } catch (e) {
    throw err = [e], e;
  }
};
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// src/handlers/rendering/byte-buffer.ts
function writeCharacter(text, index, bytes, at) {
  let end = at;
  const code = text.codePointAt(index);
  if (code < 2048) {
    bytes[end++] = 192 | code >> 6;
  } else if (code > 65535) {
    bytes[end++] = 240 | code >> 18;
    bytes[end++] = 128 | code >> 12 & 63;
    bytes[end++] = 128 | code >> 6 & 63;
  } else if (code >= 55296 && code <= 57343) {
    return writeCharacter("\uFFFD", 0, bytes, at);
  } else {
    bytes[end++] = 224 | code >> 12;
    bytes[end++] = 128 | code >> 6 & 63;
  }
  bytes[end++] = 128 | code & 63;
  return end;
}
var CAPACITY, LONGEST_SHORT_TEXT, LARGEST_SHORT_INTEGER, MINUS, ByteBuffer;
var init_byte_buffer = __esm({
  "src/handlers/rendering/byte-buffer.ts"() {
    "use strict";
    CAPACITY = 320 * 1024;
    LONGEST_SHORT_TEXT = 48;
    LARGEST_SHORT_INTEGER = 999999999;
    MINUS = 45;
    ByteBuffer = class {
      length = 0;
      bytes = Buffer.allocUnsafeSlow(CAPACITY);
      /** The bytes, with room for so many more from `length` on. Whoever writes there adds to `length` what was written. */
      reserve(count) {
        if (this.length + count > this.bytes.length) {
          this.bytes = this.copied(0, this.length, Math.max(2 * this.bytes.length, this.length + count));
        }
        return this.bytes;
      }
      byte(value) {
        this.reserve(1)[this.length++] = value;
      }
      literal(source) {
        const bytes = this.reserve(source.length);
        let end = this.length;
        for (let index = 0; index < source.length; index += 1) {
          bytes[end++] = source[index];
        }
        this.length = end;
      }
      /** Half of a surrogate pair becomes the replacement character. */
      text(text) {
        const bytes = this.reserve(text.length * 3);
        if (text.length > LONGEST_SHORT_TEXT) {
          this.length += bytes.write(text, this.length, "utf8");
          return;
        }
        let end = this.length;
        for (let index = 0; index < text.length; index += 1) {
          const code = text.charCodeAt(index);
          if (code < 128) {
            bytes[end++] = code;
          } else {
            const before = end;
            end = writeCharacter(text, index, bytes, end);
            index += end - before === 4 ? 1 : 0;
          }
        }
        this.length = end;
      }
      /** As JavaScript writes it. */
      number(value) {
        if (!Number.isInteger(value) || Math.abs(value) > LARGEST_SHORT_INTEGER) {
          this.text(String(value));
          return;
        }
        if (value < 0) {
          this.byte(MINUS);
        }
        let rest = Math.abs(value);
        let end = this.length + (rest < 10 ? 1 : rest < 100 ? 2 : rest < 1e3 ? 3 : Math.floor(Math.log10(rest)) + 1);
        const bytes = this.reserve(end - this.length);
        const { length } = this;
        this.length = end;
        for (; end > length; rest = rest / 10 | 0) {
          end -= 1;
          bytes[end] = 48 + rest % 10;
        }
      }
      /** All bytes, until the next are written over them. */
      written() {
        const written = this.bytes.subarray(0, this.length);
        this.length = 0;
        return written;
      }
      /** The first so many bytes, which are the taker's; the rest stays. */
      take(count) {
        const taken = this.bytes.subarray(0, count);
        this.bytes = this.copied(count, this.length, CAPACITY);
        this.length -= count;
        return taken;
      }
      copied(start, end, capacity) {
        const copy = Buffer.allocUnsafeSlow(Math.max(capacity, end - start));
        this.bytes.copy(copy, 0, start, end);
        return copy;
      }
    };
  }
});

// src/handlers/errors.ts
var ReportError;
var init_errors = __esm({
  "src/handlers/errors.ts"() {
    "use strict";
    ReportError = class extends Error {
      constructor(name, message) {
        super(message);
        this.name = name;
      }
    };
  }
});

// src/handlers/wording.ts
function formatInstant(iso, locale, timeZone) {
  return instantFormat(locale, timeZone).format(new Date(iso));
}
function instantFormat(locale, timeZone) {
  return new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
    timeZone
  });
}
function formatPeriod(period, locale) {
  const { timeZone } = period;
  const from = Date.parse(period.from);
  const to = Date.parse(period.to);
  if (from < to && isStartOfDay(from, timeZone) && isStartOfDay(to, timeZone)) {
    return dayFormat(locale, timeZone).formatRange(from, to - 1);
  }
  return instantFormat(locale, timeZone).formatRange(from, to);
}
function dayFormat(locale, timeZone) {
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone });
}
function formatCount(count, locale) {
  return new Intl.NumberFormat(locale).format(count);
}
function formatRowCount(count, locale) {
  return `${formatCount(count, locale)} ${count === 1 ? "row" : "rows"}`;
}
function nothingToReport(period, locale) {
  return `There is nothing to report for ${formatPeriod(period, locale)}.`;
}
function rowsLeftOut(count, hasTotals, locale) {
  return `${formatCount(count, locale)} more ${count === 1 ? "row is" : "rows are"} not in this report${hasTotals ? "; the totals are of all rows" : ""}`;
}
function cutShort(shown, total, locale) {
  return `Cut short: these are the first ${formatCount(shown, locale)} of ${formatRowCount(total, locale)}`;
}
function writingDirection(locale) {
  return /^(Adlm|Arab|Hebr|Mand|Nkoo|Rohg|Samr|Syrc|Thaa)$/.test(new Intl.Locale(locale).maximize().script ?? "") ? "rtl" : "ltr";
}
function isStartOfDay(instant2, timeZone) {
  const day2 = dayFormat("en", timeZone);
  return day2.format(instant2) !== day2.format(instant2 - 1);
}
var init_wording = __esm({
  "src/handlers/wording.ts"() {
    "use strict";
  }
});

// src/handlers/rendering/quick-text.ts
function quickNumberText(exact, decimals2) {
  const slow = (value) => exact.format(value);
  const affixes = [1, -1].map((sign) => affixesOf(exact.formatToParts(sign)));
  const group = partOf(exact.formatToParts(12345678), "group");
  const point = partOf(exact.formatToParts(0), "decimal");
  const groupedFrom = partOf(exact.formatToParts(1234), "group") === "" ? 1e4 : 1e3;
  const scale = 10 ** decimals2;
  const quick = (value) => {
    const number = typeof value === "number" ? value : isShort(value, decimals2) ? Number(value) : NaN;
    const units = Math.round(number * scale);
    if (units / scale !== number || !(Math.abs(units) < 1e15)) {
      return slow(value);
    }
    const [prefix, suffix] = affixes[units < 0 ? 1 : 0];
    const whole = Math.floor(Math.abs(units) / scale);
    const text = prefix + (whole < groupedFrom ? String(whole) : grouped(whole, group));
    return decimals2 === 0 ? text + suffix : text + point + String(Math.abs(units) - whole * scale).padStart(decimals2, "0") + suffix;
  };
  return PROBES.every((probe) => quick(probe / scale) === slow(probe / scale)) ? quick : slow;
}
function isShort(digits2, decimals2) {
  const point = digits2.indexOf(".");
  return digits2.length <= 15 && (point < 0 || digits2.length - point - 1 <= decimals2);
}
function grouped(whole, separator) {
  let text = "";
  let rest = whole;
  while (rest >= 1e3) {
    text = separator + THREE_DIGITS[rest % 1e3] + text;
    rest = Math.floor(rest / 1e3);
  }
  return rest + text;
}
function partOf(parts, type) {
  return parts.find((part) => part.type === type)?.value ?? "";
}
function affixesOf(parts) {
  const isDigits = ({ type }) => type === "integer" || type === "fraction";
  const first = parts.findIndex(isDigits);
  const last = parts.length - 1 - [...parts].reverse().findIndex(isDigits);
  return [textOf(parts.slice(0, first)), textOf(parts.slice(last + 1))];
}
function textOf(parts) {
  return parts.map(({ value }) => value).join("");
}
function quickInstantText(exact) {
  const hours = /* @__PURE__ */ new Map();
  const shift = Number(minuteOf(exact.formatToParts(0)).minute) * MINUTE_MS || 0;
  return (iso) => {
    const time = Date.parse(iso);
    const hour = Math.floor((time + shift) / HOUR_MS);
    let text = hours.get(hour);
    if (text === void 0 && hours.size < MOST_KEPT && !hours.has(hour)) {
      text = hourText(exact, hour * HOUR_MS - shift);
      hours.set(hour, text);
    }
    return text ? text.before + TWO_DIGITS[Math.floor((time + shift) / MINUTE_MS) - hour * 60] + text.after : exact.format(time);
  };
}
function hourText(exact, start) {
  const first = minuteOf(exact.formatToParts(start));
  const last = minuteOf(exact.formatToParts(start + 59 * MINUTE_MS));
  const isWhole = first.minute === "00" && last.minute === "59" && first.before === last.before && first.after === last.after;
  return isWhole ? first : void 0;
}
function minuteOf(parts) {
  const index = parts.findIndex(({ type }) => type === "minute");
  return { before: textOf(parts.slice(0, index)), minute: parts[index].value, after: textOf(parts.slice(index + 1)) };
}
function kept(exact) {
  const texts = /* @__PURE__ */ new Map();
  return (value) => {
    let text = texts.get(value);
    if (text === void 0) {
      text = exact(value);
      if (texts.size < MOST_KEPT) {
        texts.set(value, text);
      }
    }
    return text;
  };
}
var PROBES, THREE_DIGITS, TWO_DIGITS, MINUTE_MS, HOUR_MS, MOST_KEPT;
var init_quick_text = __esm({
  "src/handlers/rendering/quick-text.ts"() {
    "use strict";
    PROBES = [0, 1, 9, 10, 999, 1e3, 9999, 1e4, 123456, 1234567, 98765432, 1234567890, 99999999999999].flatMap((probe) => [probe, -probe]);
    THREE_DIGITS = Array.from({ length: 1e3 }, (_, number) => String(number).padStart(3, "0"));
    TWO_DIGITS = THREE_DIGITS.map((digits2) => digits2.slice(1));
    MINUTE_MS = 6e4;
    HOUR_MS = 60 * MINUTE_MS;
    MOST_KEPT = 2e4;
  }
});

// src/handlers/rendering/cells.ts
function cellText(column, locale, timeZone) {
  switch (column.type) {
    case "integer":
      return numberText(locale, { maximumFractionDigits: 0 });
    case "decimal":
      return column.decimals === void 0 ? decimalText(locale) : numberText(locale, digits(column.decimals));
    case "currency":
      return numberText(locale, {
        style: "currency",
        currency: column.currency,
        ...column.decimals === void 0 ? {} : digits(column.decimals)
      });
    case "date":
      return dayText(locale);
    case "datetime":
      return instantText(locale, timeZone);
    case "boolean":
      return (value) => value ? "Yes" : "No";
    case "link":
      return (value) => placeOf(new URL(value));
    case "text":
      return String;
  }
}
function isDecimal(value) {
  return typeof value === "string" ? DECIMAL.test(value) : Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}
function isDay(value) {
  return typeof value === "string" && DAY.test(value) && isDayOfMonth(value);
}
function isDayOfMonth(text) {
  const year = Number(text.slice(0, 4));
  const month = digitsAt(text, 5);
  const day2 = digitsAt(text, 8);
  const isLeapYear = year % 4 === 0 && year % 100 !== 0 || year % 400 === 0;
  return month >= 1 && month <= 12 && day2 >= 1 && day2 <= (month === 2 && isLeapYear ? 29 : DAYS[month - 1]);
}
function digitsAt(text, index) {
  return (text.charCodeAt(index) - 48) * 10 + text.charCodeAt(index + 1) - 48;
}
function isInstant(value) {
  return typeof value === "string" && INSTANT.test(value) && isDayOfMonth(value) && !Number.isNaN(Date.parse(value));
}
function isWebAddress(value) {
  if (typeof value !== "string" || !URL.canParse(value)) {
    return false;
  }
  const url = new URL(value);
  return ["http:", "https:"].includes(url.protocol) && url.username === "" && url.password === "";
}
function numberText(locale, options) {
  const format = new Intl.NumberFormat(locale, { ...options, signDisplay: "negative" });
  return quickNumberText(format, format.resolvedOptions().minimumFractionDigits);
}
function decimalText(locale) {
  const formats = [];
  return (value) => {
    const decimals2 = Number.isInteger(value) ? 0 : Math.min(String(value).split(".")[1]?.length ?? 0, MOST_DECIMALS);
    formats[decimals2] ??= numberText(locale, { minimumFractionDigits: decimals2, maximumFractionDigits: MOST_DECIMALS });
    return formats[decimals2](value);
  };
}
function digits(decimals2) {
  return { minimumFractionDigits: decimals2, maximumFractionDigits: decimals2 };
}
function dayText(locale) {
  const format = dayFormat(locale, "UTC");
  return kept((day2) => format.format(/* @__PURE__ */ new Date(`${day2}T00:00:00Z`)));
}
function instantText(locale, timeZone) {
  return quickInstantText(instantFormat(locale, timeZone));
}
function placeOf(url) {
  return `${url.host}${url.pathname === "/" ? "" : url.pathname}`;
}
var CELL_TYPES, INTEGER, DECIMAL, DAY, INSTANT, MOST_DECIMALS, DAYS;
var init_cells = __esm({
  "src/handlers/rendering/cells.ts"() {
    "use strict";
    init_wording();
    init_quick_text();
    CELL_TYPES = {
      text: { expected: "a string", accepts: (value) => typeof value === "string" },
      integer: {
        expected: "a whole number, or a string of digits where it is above 2^53",
        accepts: (value) => typeof value === "string" ? INTEGER.test(value) : Number.isSafeInteger(value)
      },
      decimal: { expected: 'a number, or a string such as "12.50" where each digit counts', accepts: isDecimal },
      currency: { expected: 'a number, or a string such as "12.50" where each digit counts', accepts: isDecimal },
      date: { expected: 'a day such as "2026-11-20"', accepts: isDay },
      datetime: { expected: 'a time with its offset such as "2026-11-20T07:00:00Z"', accepts: isInstant },
      boolean: { expected: "true or false", accepts: (value) => typeof value === "boolean" },
      link: { expected: "an http or https URL without a password", accepts: isWebAddress }
    };
    INTEGER = /^-?\d{1,100}$/;
    DECIMAL = /^-?\d{1,100}(\.\d{1,100})?$/;
    DAY = /^\d{4}-\d{2}-\d{2}$/;
    INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
    MOST_DECIMALS = 20;
    DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  }
});

// src/handlers/rendering/escape.ts
function escape(text) {
  return text.replace(UNSAFE, (character) => ENTITIES[character] ?? "\uFFFD");
}
function writeEscaped(text, out) {
  const bytes = out.reserve(text.length * LONGEST);
  let end = out.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 128) {
      const instead = INSTEAD[code];
      if (instead === void 0) {
        bytes[end++] = code;
      } else {
        for (let at = 0; at < instead.length; at += 1) {
          bytes[end++] = instead[at];
        }
      }
    } else if (code < 160 || code >= 8234 && code <= 8238) {
      end = writeCharacter(REPLACEMENT, 0, bytes, end);
    } else {
      const before = end;
      end = writeCharacter(text, index, bytes, end);
      index += end - before === 4 ? 1 : 0;
    }
  }
  out.length = end;
}
var UNSAFE, ENTITIES, REPLACEMENT, INSTEAD, LONGEST;
var init_escape = __esm({
  "src/handlers/rendering/escape.ts"() {
    "use strict";
    init_byte_buffer();
    UNSAFE = /[&<>"'\x00-\x08\v\f\x0e-\x1f\x7f-\x9f\u202a-\u202e\p{Surrogate}]/gu;
    ENTITIES = {
      "&": "&amp;",
      "<": "&lt;",
      ">": "&gt;",
      '"': "&quot;",
      "'": "&#39;"
    };
    REPLACEMENT = "\uFFFD";
    INSTEAD = Array.from({ length: 128 }, (_, code) => {
      const character = String.fromCharCode(code);
      const escaped = escape(character);
      return escaped === character ? void 0 : Buffer.from(escaped);
    });
    LONGEST = Math.max(...INSTEAD.map((bytes) => bytes?.length ?? 0));
  }
});

// src/handlers/rendering/xlsx-archive.ts
function xmlText(text) {
  return escape(inWorkbook(text));
}
function writeXmlText(text, out) {
  writeEscaped(SPECIAL.test(text) ? inWorkbook(text) : text, out);
}
function inWorkbook(text) {
  return text.replace(/[\ufffe\uffff]/g, "\uFFFD").replace(/_(x[0-9a-fA-F]{4}_)/g, "_x005F_$1");
}
function deflated(plain) {
  return { plain, bytes: (0, import_node_zlib.deflateRawSync)(plain, { level: DEFLATE_LEVEL, finishFlush: import_node_zlib.constants.Z_SYNC_FLUSH }) };
}
var import_node_zlib, import_fflate, XML_DECLARATION, SPECIAL, DEFLATE_LEVEL, LAST_BLOCK, MODIFIED, Archive, ArchivePart;
var init_xlsx_archive = __esm({
  "src/handlers/rendering/xlsx-archive.ts"() {
    "use strict";
    import_node_zlib = require("node:zlib");
    import_fflate = require("fflate");
    init_escape();
    XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
    SPECIAL = /_x|[\ufffe\uffff]/;
    DEFLATE_LEVEL = 1;
    LAST_BLOCK = Uint8Array.of(3, 0);
    MODIFIED = new Date(1980, 0, 1);
    Archive = class {
      /** How long the archive is so far. */
      bytes = 0;
      chunks = [];
      zip = new import_fflate.Zip((error, chunk) => {
        if (error) {
          throw error;
        }
        this.chunks.push(chunk);
        this.bytes += chunk.length;
      });
      /** Begins a part that is written piece by piece. */
      begin(path) {
        const part = new ArchivePart(path);
        this.zip.add(part);
        return part;
      }
      add(path, xml) {
        const part = this.begin(path);
        part.write(deflated(Buffer.from(xml)));
        part.end();
      }
      end() {
        this.zip.end();
      }
      /** What was written since it was last asked for. */
      take() {
        const { chunks } = this;
        this.chunks = [];
        return chunks;
      }
    };
    ArchivePart = class {
      constructor(filename) {
        this.filename = filename;
      }
      filename;
      compression = 8;
      mtime = MODIFIED;
      /** Length and checksum before compression. */
      size = 0;
      crc = 0;
      ondata;
      write({ plain, bytes }) {
        this.size += plain.length;
        this.crc = (0, import_node_zlib.crc32)(plain, this.crc);
        this.ondata(null, bytes, false);
      }
      end() {
        this.ondata(null, LAST_BLOCK, true);
      }
    };
  }
});

// src/handlers/rendering/wall-clock.ts
function wallClock(timeZone) {
  const format = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric"
  });
  const offsets = /* @__PURE__ */ new Map();
  return (instant2) => {
    const span = Math.floor(instant2 / SPAN_MS);
    if (!offsets.has(span)) {
      if (offsets.size >= SPANS_KEPT) {
        offsets.clear();
      }
      const [first, last] = [span * SPAN_MS, (span + 1) * SPAN_MS - 1e3].map((end) => offsetAt(end, format));
      offsets.set(span, first === last ? first : void 0);
    }
    return instant2 + (offsets.get(span) ?? offsetAt(instant2, format));
  };
}
function offsetAt(instant2, format) {
  const second = Math.floor(instant2 / 1e3) * 1e3;
  const { year, month, day: day2, hour, minute, second: seconds } = Object.fromEntries(format.formatToParts(second).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(year, month - 1, day2, hour, minute, seconds) - second;
}
var SPAN_MS, SPANS_KEPT;
var init_wall_clock = __esm({
  "src/handlers/rendering/wall-clock.ts"() {
    "use strict";
    SPAN_MS = 6 * 60 * 60 * 1e3;
    SPANS_KEPT = 5e4;
  }
});

// src/handlers/rendering/xlsx-formats.ts
function numberFormat(decimals2) {
  return `#,##0${decimals2 > 0 ? `.${"0".repeat(decimals2)}` : ""}`;
}
function currencyFormat({ currency: currency2, decimals: decimals2 }, locale) {
  const format = new Intl.NumberFormat(locale, {
    style: "currency",
    currency: currency2,
    ...decimals2 === void 0 ? {} : { minimumFractionDigits: decimals2, maximumFractionDigits: decimals2 }
  });
  const number = numberFormat(format.resolvedOptions().maximumFractionDigits);
  return format.formatToParts(1).map(({ type, value }) => {
    switch (type) {
      case "integer":
        return number;
      case "currency":
        return `[$${value}]`;
      case "literal":
        return quoted(value);
      default:
        return "";
    }
  }).join("");
}
function dateFormat(locale) {
  return patternOf(dayFormat(gregorian(locale), "UTC"));
}
function datetimeFormat(locale) {
  return patternOf(instantFormat(gregorian(locale), "UTC"));
}
function gregorian(locale) {
  return new Intl.Locale(locale, { calendar: "gregory", numberingSystem: "latn" }).toString();
}
function patternOf(format) {
  return format.formatToParts(SAMPLE).map(({ type, value }) => {
    switch (type) {
      case "year":
        return "yyyy";
      case "month":
        return /^\d+$/.test(value) ? "m".repeat(value.length) : "mmm";
      case "day":
        return "d".repeat(value.length);
      case "hour":
        return "h".repeat(value.length);
      case "minute":
        return "mm";
      case "dayPeriod":
        return "AM/PM";
      case "literal":
        return quoted(value);
      default:
        return "";
    }
  }).join("").trim();
}
function quoted(text) {
  return text.replace(/[^ ,.:/-]+/g, (part) => `"${part.replaceAll('"', "")}"`);
}
var SAMPLE;
var init_xlsx_formats = __esm({
  "src/handlers/rendering/xlsx-formats.ts"() {
    "use strict";
    init_wording();
    SAMPLE = Date.UTC(2005, 2, 4, 6, 7);
  }
});

// src/handlers/rendering/xlsx-cells.ts
function columnName(index) {
  return index < 26 ? String.fromCharCode(65 + index) : columnName(Math.floor(index / 26) - 1) + columnName(index % 26);
}
function alignmentOf(type) {
  return NUMERIC.includes(type) ? "right" : type === "boolean" ? "center" : "left";
}
function cellWriter(cells, column, { locale, timeZone }) {
  switch (column.type) {
    case "integer":
      return numbers(cells, always(cells.numbers(numberFormat(0))));
    case "decimal":
      return numbers(cells, column.decimals === void 0 ? decimals(cells) : always(cells.numbers(numberFormat(column.decimals))));
    case "currency":
      return numbers(cells, always(cells.numbers(currencyFormat(column, locale))));
    case "date":
      return times(cells, dateFormat(locale), (value) => Date.parse(`${value}T00:00:00Z`));
    case "datetime": {
      const shownAt = wallClock(timeZone);
      return times(cells, datetimeFormat(locale), (value) => shownAt(Date.parse(value)));
    }
    case "boolean":
      return booleans(cells);
    default:
      return cells.text;
  }
}
function numbers(cells, beginningsOf) {
  return (value, row, look, out) => {
    const digits2 = String(value);
    if (digits2.length <= EXACT_DIGITS || isExact(value, digits2)) {
      cells.value(digits2, beginningsOf(digits2), row, look, out);
    } else {
      cells.text(digits2, row, look, out);
    }
  };
}
function always(beginnings) {
  return () => beginnings;
}
function decimals(cells) {
  const made = [];
  return (digits2) => {
    const count = decimalsOf(digits2);
    return made[count] ??= cells.numbers(numberFormat(count));
  };
}
function isExact(value, digits2) {
  return typeof value === "number" && !Number.isInteger(value) || digits2.replace(/(\.\d*?)0+$/, "$1").replace(/^-?0*\.?0*|\./g, "").length <= EXACT_DIGITS;
}
function decimalsOf(digits2) {
  const [mantissa, exponent = "0"] = digits2.split("e");
  return Math.min((mantissa.split(".")[1]?.length ?? 0) - Number(exponent), MOST_DECIMALS2);
}
function times(cells, format, clockOf) {
  const beginnings = cells.numbers(format);
  return (value, row, look, out) => {
    const clock = clockOf(value);
    if (clock >= FIRST_DAY) {
      cells.value(String((clock - EPOCH) / DAY_MS), beginnings, row, look, out);
    } else {
      cells.text(value, row, look, out);
    }
  };
}
function booleans(cells) {
  const beginnings = cells.booleans();
  return (value, row, look, out) => cells.value(value ? "1" : "0", beginnings, row, look, out);
}
var NUMERIC, CellsOfColumn, INLINE_STRING, TEXT_END, VALUE_END, EXACT_DIGITS, MOST_DECIMALS2, DAY_MS, EPOCH, FIRST_DAY;
var init_xlsx_cells = __esm({
  "src/handlers/rendering/xlsx-cells.ts"() {
    "use strict";
    init_wall_clock();
    init_xlsx_archive();
    init_xlsx_formats();
    NUMERIC = ["integer", "decimal", "currency", "date", "datetime"];
    CellsOfColumn = class {
      constructor(index, type, styles) {
        this.styles = styles;
        this.reference = Buffer.from(`<c r="${columnName(index)}`);
        this.align = alignmentOf(type);
        this.texts = this.beginnings({}, ...INLINE_STRING);
        this.textsOfLines = this.beginnings({ wrap: true }, ...INLINE_STRING);
        this.empty = Buffer.from(`" s="${styles.id({ look: "total" })}"/>`);
      }
      styles;
      reference;
      align;
      texts;
      textsOfLines;
      empty;
      /** A text is never a formula: its type says that it is text, whatever it begins with. */
      text = (value, row, look, out) => {
        const text = value;
        this.begin(row, (text.includes("\n") ? this.textsOfLines : this.texts)[look], out);
        writeXmlText(text, out);
        out.literal(TEXT_END);
      };
      /** A cell without a value, in the row of totals. */
      blank(row, out) {
        this.begin(row, this.empty, out);
      }
      value(digits2, beginnings, row, look, out) {
        this.begin(row, beginnings[look], out);
        out.text(digits2);
        out.literal(VALUE_END);
      }
      numbers(format) {
        return this.beginnings({ format }, "", "<v>");
      }
      /** Excel writes truth values in the language of whoever opens the file; others need a format for it. */
      booleans() {
        return this.beginnings({ format: '"Yes";"Yes";"No"' }, ' t="b"', "<v>");
      }
      beginnings(style, type, content) {
        const beginning2 = (look) => Buffer.from(`" s="${this.styles.id({ ...style, look, align: this.align })}"${type}>${content}`);
        return { plain: beginning2("plain"), marked: beginning2("marked"), total: beginning2("total"), note: beginning2("note") };
      }
      begin(row, beginning2, out) {
        out.literal(this.reference);
        out.literal(row);
        out.literal(beginning2);
      }
    };
    INLINE_STRING = [' t="inlineStr"', '<is><t xml:space="preserve">'];
    TEXT_END = Buffer.from("</t></is></c>");
    VALUE_END = Buffer.from("</v></c>");
    EXACT_DIGITS = 15;
    MOST_DECIMALS2 = 30;
    DAY_MS = 24 * 60 * 60 * 1e3;
    EPOCH = Date.UTC(1899, 11, 30);
    FIRST_DAY = Date.UTC(1900, 2, 1);
  }
});

// src/handlers/rendering/xlsx-sheet.ts
function widthOf(text) {
  const lines = text.split("\n").map((line2) => [...line2.slice(0, WIDEST)].reduce((sum, character) => sum + (character >= "\u1100" ? 2 : 1), 0));
  return Math.min(Math.max(...lines), WIDEST);
}
function beginSheet(columns, { run }) {
  const rightToLeft = writingDirection(run.locale) === "rtl" ? ' rightToLeft="1"' : "";
  const widths = columns.map(({ width }, index) => `<col min="${index + 1}" max="${index + 1}" width="${Math.max(width, NARROWEST) + 2}" customWidth="1"/>`);
  return `${XML_DECLARATION}<worksheet xmlns="${SPREADSHEET}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView${rightToLeft} workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="${LINE_HEIGHT}"/><cols>${widths.join("")}</cols><sheetData><row r="1" ht="21" customHeight="1">${columns.map(({ heading }) => heading).join("")}</row>`;
}
function endSheet(columns, filterEnd, { title, run }) {
  const range = `A1:${columnName(columns.length - 1)}${filterEnd}`;
  const footer = `&L${title.replaceAll("&", "&&")}, ${formatPeriod(run.period, run.locale)}&R&P / &N`;
  return `</sheetData><autoFilter ref="${range}"/><pageMargins left="0.5" right="0.5" top="0.6" bottom="0.7" header="0.3" footer="0.3"/><pageSetup orientation="landscape" fitToHeight="0"/><headerFooter><oddFooter>${xmlText(footer)}</oddFooter></headerFooter><ignoredErrors><ignoredError sqref="${range}" numberStoredAsText="1"/></ignoredErrors></worksheet>`;
}
function textElement(text) {
  return `<t xml:space="preserve">${xmlText(text)}</t>`;
}
var SPREADSHEET, LINE_HEIGHT, SheetColumn, ROOM_FOR_FILTER, NARROWEST, WIDEST;
var init_xlsx_sheet = __esm({
  "src/handlers/rendering/xlsx-sheet.ts"() {
    "use strict";
    init_wording();
    init_cells();
    init_xlsx_archive();
    init_xlsx_cells();
    SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    LINE_HEIGHT = 15;
    SheetColumn = class {
      position;
      name;
      cells;
      write;
      emphasis;
      heading;
      /** In characters. */
      width;
      text;
      constructor(column, index, { run, emphasis }, styles) {
        this.position = column.position;
        this.name = column.name;
        this.cells = new CellsOfColumn(index, column.type, styles);
        this.write = cellWriter(this.cells, column, run);
        this.emphasis = emphasis.filter(({ position }) => position === column.position);
        const label = column.type === "datetime" ? `${column.label} (${run.timeZone.replaceAll("_", " ")})` : column.label;
        this.heading = `<c r="${columnName(index)}1" s="${styles.id({ look: "heading", align: alignmentOf(column.type) })}" t="inlineStr"><is>${textElement(label)}</is></c>`;
        this.width = widthOf(label) + ROOM_FOR_FILTER;
        const text = cellText(column, run.locale, run.timeZone);
        this.text = column.type === "link" ? String : (value) => value === null ? "" : text(value);
      }
      /** Makes the column wide enough for a cell. */
      measure(cell) {
        this.width = Math.max(this.width, widthOf(this.text(cell)));
      }
    };
    ROOM_FOR_FILTER = 3;
    NARROWEST = 8;
    WIDEST = 60;
  }
});

// src/handlers/rendering/xlsx-styles.ts
function indexIn(items, item) {
  const index = items.indexOf(item);
  return index >= 0 ? index : items.push(item) - 1;
}
function list(name, items) {
  return `<${name} count="${items.length}">${items.join("")}</${name}>`;
}
var LOOKS, FONTS, FILLS, LINE, BORDERS, FIRST_FORMAT, Styles;
var init_xlsx_styles = __esm({
  "src/handlers/rendering/xlsx-styles.ts"() {
    "use strict";
    init_xlsx_archive();
    LOOKS = {
      plain: { font: 0, fill: 0, border: 0 },
      heading: { font: 1, fill: 2, border: 1 },
      marked: { font: 2, fill: 3, border: 0 },
      total: { font: 1, fill: 2, border: 2 },
      title: { font: 3, fill: 0, border: 0 },
      note: { font: 2, fill: 0, border: 0 }
    };
    FONTS = ["", "<b/>", '<b/><color rgb="FF9A3412"/>', '<b/><sz val="16"/>'].map((what) => `<font>${what}${what.includes("<sz") ? "" : '<sz val="11"/>'}<name val="Calibri"/><family val="2"/></font>`);
    FILLS = ['<patternFill patternType="none"/>', '<patternFill patternType="gray125"/>', ...["FFEDF2F0", "FFFFF4EC"].map((color) => `<patternFill patternType="solid"><fgColor rgb="${color}"/><bgColor indexed="64"/></patternFill>`)].map((fill) => `<fill>${fill}</fill>`);
    LINE = (side, style, color) => `<${side} style="${style}"><color rgb="${color}"/></${side}>`;
    BORDERS = [
      "<left/><right/><top/><bottom/><diagonal/>",
      `<left/><right/><top/>${LINE("bottom", "medium", "FF0B5F56")}<diagonal/>`,
      `<left/><right/>${LINE("top", "thin", "FF5A6663")}<bottom/><diagonal/>`
    ].map((border) => `<border>${border}</border>`);
    FIRST_FORMAT = 164;
    Styles = class {
      formats = [];
      cells = [];
      constructor() {
        this.id({});
      }
      id({ look = "plain", format, align, wrap }) {
        const { font, fill, border } = LOOKS[look];
        const number = format === void 0 ? 0 : FIRST_FORMAT + indexIn(this.formats, format);
        return indexIn(this.cells, `<xf numFmtId="${number}" fontId="${font}" fillId="${fill}" borderId="${border}" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment vertical="center"${align ? ` horizontal="${align}"` : ""}${wrap ? ' wrapText="1"' : ""}/></xf>`);
      }
      xml() {
        const formats = this.formats.map((format, index) => `<numFmt numFmtId="${FIRST_FORMAT + index}" formatCode="${xmlText(format)}"/>`);
        return `${XML_DECLARATION}<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + (formats.length > 0 ? list("numFmts", formats) : "") + list("fonts", FONTS) + list("fills", FILLS) + list("borders", BORDERS) + list("cellStyleXfs", ['<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>']) + list("cellXfs", this.cells) + list("cellStyles", ['<cellStyle name="Normal" xfId="0" builtinId="0"/>']) + "</styleSheet>";
      }
    };
  }
});

// src/handlers/rendering/xlsx-workbook.ts
function sheetPath(index) {
  return `xl/worksheets/sheet${index + 1}.xml`;
}
function addWorkbook(archive, report, extent, filterEnds, styles) {
  const sheets = [...filterEnds.map((_, index) => index === 0 ? "Report" : `Report ${index + 1}`), "About"];
  archive.add(sheetPath(filterEnds.length), aboutSheet(report, extent, styles));
  archive.add("xl/styles.xml", styles.xml());
  archive.add("xl/workbook.xml", workbook(sheets, filterEnds, report));
  archive.add("xl/_rels/workbook.xml.rels", relationships([
    ...sheets.map((_, index) => ({ type: `${OFFICE}/worksheet`, target: sheetPath(index).replace("xl/", "") })),
    { type: `${OFFICE}/styles`, target: "styles.xml" }
  ]));
  archive.add("docProps/core.xml", coreProperties(report));
  archive.add("_rels/.rels", relationships([
    { type: `${OFFICE}/officeDocument`, target: "xl/workbook.xml" },
    { type: "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties", target: "docProps/core.xml" }
  ]));
  archive.add("[Content_Types].xml", contentTypes(sheets.length));
}
function aboutSheet({ run, title, asOf, options }, { shown, total }, styles) {
  const isCut = shown < total;
  const facts = [
    ["Period", formatPeriod(run.period, run.locale), "plain"],
    ["As of", formatInstant(asOf, run.locale, run.timeZone), "plain"],
    ["Times in", run.timeZone.replaceAll("_", " "), "plain"],
    ["Rows", isCut ? cutShort(shown, total, run.locale) : formatRowCount(total, run.locale), isCut ? "note" : "plain"],
    ["Report", `${run.reportId}${run.attempt > 1 ? `, attempt ${run.attempt}` : ""}`, "plain"],
    ...options.brand?.footer ? [["", options.brand.footer, "plain"]] : []
  ];
  const cell = (reference, style, text) => `<c r="${reference}" s="${style}" t="inlineStr"><is>${textElement(text)}</is></c>`;
  const label = styles.id({ look: "heading" });
  const rows = facts.map(([name, value, look], index) => `<row r="${index + 3}">${cell(`A${index + 3}`, label, name)}${cell(`B${index + 3}`, styles.id({ look }), value)}</row>`);
  return `${XML_DECLARATION}<worksheet xmlns="${SPREADSHEET}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><cols><col min="1" max="1" width="14" customWidth="1"/><col min="2" max="2" width="60" customWidth="1"/></cols><sheetData><row r="1" ht="27" customHeight="1">${cell("A1", styles.id({ look: "title" }), title)}</row>${rows.join("")}</sheetData><pageSetup fitToHeight="0"/></worksheet>`;
}
function workbook(sheets, filterEnds, { columns }) {
  const names = filterEnds.flatMap((end, index) => [
    `<definedName name="_xlnm._FilterDatabase" localSheetId="${index}" hidden="1">'${sheets[index]}'!$A$1:$${columnName(columns.length - 1)}$${end}</definedName>`,
    `<definedName name="_xlnm.Print_Titles" localSheetId="${index}">'${sheets[index]}'!$1:$1</definedName>`
  ]);
  return `${XML_DECLARATION}<workbook xmlns="${SPREADSHEET}" xmlns:r="${OFFICE}"><sheets>` + sheets.map((name, index) => `<sheet name="${name}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`).join("") + `</sheets><definedNames>${names.join("")}</definedNames></workbook>`;
}
function coreProperties({ title, run }) {
  return `${XML_DECLARATION}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>${xmlText(title)}</dc:title><dc:subject>${xmlText(formatPeriod(run.period, run.locale))}</dc:subject><dcterms:created xsi:type="dcterms:W3CDTF">${run.openedAt}</dcterms:created></cp:coreProperties>`;
}
function relationships(targets) {
  const items = targets.map(({ type, target }, index) => `<Relationship Id="rId${index + 1}" Type="${type}" Target="${target}"/>`);
  return `${XML_DECLARATION}<Relationships xmlns="${RELATIONSHIPS}">${items.join("")}</Relationships>`;
}
function contentTypes(sheets) {
  const override = (path, type) => `<Override PartName="/${path}" ContentType="${type}"/>`;
  return `${XML_DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` + override("xl/workbook.xml", `${TYPE}.sheet.main+xml`) + override("xl/styles.xml", `${TYPE}.styles+xml`) + override("docProps/core.xml", CORE) + Array.from({ length: sheets }, (_, index) => override(sheetPath(index), `${TYPE}.worksheet+xml`)).join("") + "</Types>";
}
var RELATIONSHIPS, OFFICE, CORE, TYPE;
var init_xlsx_workbook = __esm({
  "src/handlers/rendering/xlsx-workbook.ts"() {
    "use strict";
    init_wording();
    init_xlsx_archive();
    init_xlsx_cells();
    init_xlsx_sheet();
    RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships";
    OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    CORE = "application/vnd.openxmlformats-package.core-properties+xml";
    TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  }
});

// src/handlers/rendering/xlsx.ts
var xlsx_exports = {};
__export(xlsx_exports, {
  openXlsx: () => openXlsx
});
function openXlsx(report, out) {
  return new Workbook(report, out);
}
var import_node_events2, MOST_ROWS, MOST_CHARACTERS, HIGHEST, MOST_BYTES, MOST_SHEET_BYTES, PIECE_BYTES2, RESERVED_BYTES, MEASURED_ROWS, ROW_BEGIN2, ROW_CELLS, ROW_END2, Workbook, TOP;
var init_xlsx = __esm({
  "src/handlers/rendering/xlsx.ts"() {
    "use strict";
    import_node_events2 = require("node:events");
    init_errors();
    init_wording();
    init_byte_buffer();
    init_cells();
    init_xlsx_archive();
    init_xlsx_sheet();
    init_xlsx_styles();
    init_xlsx_workbook();
    MOST_ROWS = 1048576;
    MOST_CHARACTERS = 32767;
    HIGHEST = 409;
    MOST_BYTES = 4 * 1024 ** 3 - 1;
    MOST_SHEET_BYTES = MOST_BYTES - 256 * 1024 ** 2;
    PIECE_BYTES2 = 256 * 1024;
    RESERVED_BYTES = 24 * 1024;
    MEASURED_ROWS = 100;
    ROW_BEGIN2 = Buffer.from('<row r="');
    ROW_CELLS = Buffer.from('">');
    ROW_END2 = Buffer.from("</row>");
    Workbook = class {
      constructor(report, out) {
        this.report = report;
        this.out = out;
        const { maxBytes } = report.options;
        this.columns = report.columns.map((column, index) => new SheetColumn(column, index, report, this.styles));
        this.maxBytes = Math.min(maxBytes ?? MOST_BYTES, MOST_BYTES);
        this.pieceBytes = maxBytes === void 0 ? PIECE_BYTES2 : Math.min(PIECE_BYTES2, maxBytes / 8);
      }
      report;
      out;
      shown = 0;
      archive = new Archive();
      styles = new Styles();
      columns;
      maxBytes;
      pieceBytes;
      /** The rows that are in no part yet. */
      buffer = new ByteBuffer();
      /** The sheet that is being written, once a piece of it was. */
      sheet;
      /** The last row that the filter is for, of each sheet that is complete. */
      filterEnds = [];
      rows = 0;
      at = TOP;
      /** Where the last piece ended. */
      written = TOP;
      isCut = false;
      row(cells) {
        const row = this.beginRow(this.linesOf(cells));
        if (row === void 0) {
          return;
        }
        this.rows += 1;
        for (const column of this.columns) {
          const cell = cells[column.position];
          if (cell !== null) {
            column.write(cell, row, column.emphasis.some((one) => one.applies(cells)) ? "marked" : "plain", this.buffer);
          }
        }
        if (this.rows <= MEASURED_ROWS && this.shown === 0) {
          this.columns.forEach((column) => column.measure(cells[column.position]));
        }
        this.buffer.literal(ROW_END2);
        this.at = { row: this.at.row, filterEnd: this.at.row };
        if (this.buffer.length >= this.pieceBytes) {
          this.completePiece();
        }
      }
      subtotal({ group, position, totals }) {
        const { columns, run } = this.report;
        const column = columns.find((one) => one.position === position);
        this.totalRow(column && group !== null ? `Total ${cellText(column, run.locale, run.timeZone)(group)}` : "Total", totals);
        this.at = { row: this.at.row, filterEnd: this.at.row };
      }
      async flushed() {
        for (const chunk of this.archive.take()) {
          if (this.out.errored) {
            throw this.out.errored;
          }
          if (!this.out.write(chunk)) {
            await (0, import_node_events2.once)(this.out, "drain");
          }
        }
      }
      async end(ending) {
        this.completePiece();
        this.isCut = false;
        const { locale, period } = this.report.run;
        if (ending.total === 0) {
          this.noteRow(nothingToReport(period, locale));
        }
        if (this.shown < ending.total) {
          this.noteRow(rowsLeftOut(ending.total - this.shown, ending.totals !== void 0, locale));
        }
        if (ending.totals) {
          this.totalRow("Total", ending.totals);
        }
        this.endSheet();
        addWorkbook(this.archive, this.report, { shown: this.shown, total: ending.total }, this.filterEnds, this.styles);
        this.archive.end();
        if (this.archive.bytes > this.maxBytes) {
          throw this.noRoom("for its rows and its ending");
        }
        await this.flushed();
      }
      /** Begins a row, if there may be one, and returns its number as it is written. */
      beginRow(lines = 1) {
        if (this.at.row === MOST_ROWS || this.sheet && this.sheet.size > MOST_SHEET_BYTES) {
          this.endSheet();
        }
        if (this.isCut) {
          return void 0;
        }
        this.at = { ...this.at, row: this.at.row + 1 };
        const row = Buffer.from(String(this.at.row));
        this.buffer.literal(ROW_BEGIN2);
        this.buffer.literal(row);
        if (lines > 1) {
          this.buffer.text(`" ht="${Math.min(lines * LINE_HEIGHT, HIGHEST)}" customHeight="1`);
        }
        this.buffer.literal(ROW_CELLS);
        return row;
      }
      /** A row of totals. Its heading stands in the first column that has none. */
      totalRow(heading, totals) {
        const row = this.beginRow();
        if (row === void 0) {
          return;
        }
        const headingAt = this.columns.find(({ position }) => totals[position] === void 0);
        for (const column of this.columns) {
          const total = totals[column.position] ?? null;
          if (column === headingAt) {
            column.cells.text(heading, row, "total", this.buffer);
          } else if (total === null) {
            column.cells.blank(row, this.buffer);
          } else {
            column.write(total, row, "total", this.buffer);
          }
        }
        this.buffer.literal(ROW_END2);
      }
      noteRow(note) {
        const row = this.beginRow();
        this.columns[0].cells.text(note, row, "note", this.buffer);
        this.buffer.literal(ROW_END2);
      }
      /** Puts what is in memory into the sheet, if there is room for it. */
      completePiece() {
        const piece = deflated(this.buffer.reserve(0).subarray(0, this.buffer.length));
        this.buffer.length = 0;
        if (this.archive.bytes + piece.bytes.length + RESERVED_BYTES > this.maxBytes) {
          this.cut();
        } else {
          this.writtenSheet().write(piece);
          this.shown = this.rows;
          this.written = this.at;
        }
      }
      writtenSheet() {
        if (this.sheet === void 0) {
          this.sheet = this.archive.begin(sheetPath(this.filterEnds.length));
          this.sheet.write(deflated(Buffer.from(beginSheet(this.columns, this.report))));
        }
        return this.sheet;
      }
      endSheet() {
        this.completePiece();
        if (!this.isCut) {
          const sheet = this.writtenSheet();
          sheet.write(deflated(Buffer.from(endSheet(this.columns, this.at.filterEnd, this.report))));
          sheet.end();
          this.filterEnds.push(this.at.filterEnd);
          this.sheet = void 0;
          this.at = TOP;
        }
      }
      cut() {
        const { options } = this.report;
        if (options.onLimit !== "NOTICE") {
          throw new ReportError("LimitExceeded", `the workbook is longer than ${this.maxBytes} bytes at row ${this.rows}; ${options.maxBytes === void 0 ? "" : "raise maxBytes, "}let the data source return fewer rows, or set onLimit to NOTICE, so that it shows the first rows and says so`);
        }
        if (this.shown === 0) {
          throw this.noRoom("for its first rows");
        }
        this.at = this.written;
        this.isCut = true;
      }
      /** How many lines the texts of a row have at most. */
      linesOf(cells) {
        let lines = 1;
        for (const { position, name } of this.columns) {
          const cell = cells[position];
          if (typeof cell === "string") {
            if (cell.length > MOST_CHARACTERS) {
              throw new ReportError("InvalidData", `row ${this.rows + 1}, column ${JSON.stringify(name)}: the text has ${cell.length} characters, and a cell of a workbook has room for ${MOST_CHARACTERS}; let the data source shorten it, or leave the column out of this file`);
            }
            if (cell.includes("\n")) {
              lines = Math.max(lines, cell.split("\n").length);
            }
          }
        }
        return lines;
      }
      noRoom(what) {
        return new ReportError("LimitExceeded", `the workbook has no room ${what} in its maxBytes, ${this.maxBytes} bytes; raise maxBytes`);
      }
    };
    TOP = { row: 1, filterEnd: 1 };
  }
});

// benchmarks/measure.ts
var import_node_events4 = require("node:events");
var import_node_fs = require("node:fs");

// src/handlers/rendering/data-digest.ts
var import_node_crypto = require("node:crypto");
init_byte_buffer();

// src/handlers/rendering/json.ts
init_byte_buffer();

// src/handlers/rendering/text-file.ts
var import_node_events = require("node:events");
init_errors();
init_byte_buffer();
var PIECE_BYTES = 256 * 1024;
var TextFile = class {
  constructor(format, report, out) {
    this.format = format;
    this.out = out;
    const { maxBytes, onLimit } = report.options;
    this.maxBytes = maxBytes ?? Infinity;
    this.onLimit = onLimit;
    this.reservedBytes = maxBytes === void 0 ? 0 : longestEnding(format, report);
    format.begin(this.buffer);
    this.certain = this.buffer.length;
  }
  format;
  out;
  shown = 0;
  buffer = new ByteBuffer();
  maxBytes;
  onLimit;
  reservedBytes;
  /** Bytes that were handed on, and those in the buffer that belong to rows that are shown for certain. */
  handedOn = 0;
  certain;
  rows = 0;
  isCut = false;
  subtotal(subtotal) {
    if (!this.isCut) {
      this.format.subtotal(subtotal, this.buffer);
      this.keepIfThereIsRoom();
    }
  }
  row(cells) {
    if (this.isCut) {
      return;
    }
    this.rows += 1;
    this.format.row(cells, this.buffer);
    if (this.keepIfThereIsRoom()) {
      this.shown += 1;
    } else if (!this.isWithinLimit()) {
      this.cut();
    }
  }
  async flushed() {
    if (this.certain >= PIECE_BYTES) {
      await this.handOn();
    }
  }
  async end(ending) {
    const rowsEnd = this.buffer.length;
    if (!this.isCut && this.rows === ending.total) {
      this.format.end({ ...ending, shown: ending.total }, this.buffer);
      if (this.isWithinLimit()) {
        this.shown = ending.total;
      } else {
        this.buffer.length = rowsEnd;
        this.cut();
      }
    } else if (!this.isCut) {
      this.takeBack();
    }
    if (this.isCut) {
      this.format.end({ ...ending, shown: this.shown }, this.buffer);
    }
    if (!this.isWithinLimit()) {
      throw this.noRoom("for its rows and its ending");
    }
    this.certain = this.buffer.length;
    await this.handOn();
  }
  keepIfThereIsRoom() {
    const isRoom = this.handedOn + this.buffer.length + this.reservedBytes <= this.maxBytes;
    this.certain = isRoom ? this.buffer.length : this.certain;
    return isRoom;
  }
  async handOn() {
    const piece = this.buffer.take(this.certain);
    this.handedOn += piece.length;
    this.certain = 0;
    if (this.out.errored) {
      throw this.out.errored;
    }
    if (!this.out.write(piece)) {
      await (0, import_node_events.once)(this.out, "drain");
    }
  }
  isWithinLimit() {
    return this.handedOn + this.buffer.length <= this.maxBytes;
  }
  cut() {
    const { maxBytes } = this;
    if (this.rows === 0) {
      throw new ReportError("LimitExceeded", `the report is longer than its maxBytes, ${maxBytes} bytes, without any row; raise maxBytes, or shorten headings and totals`);
    }
    if (this.onLimit !== "NOTICE") {
      throw new ReportError("LimitExceeded", `the report is longer than its maxBytes, ${maxBytes} bytes, at row ${this.rows}; raise maxBytes, let the data source return fewer rows, or set onLimit to NOTICE, so that the report shows the first rows and says so`);
    }
    this.takeBack();
  }
  takeBack() {
    if (this.shown === 0) {
      throw this.noRoom("for its first row");
    }
    this.buffer.length = this.certain;
    this.isCut = true;
  }
  noRoom(what) {
    return new ReportError("LimitExceeded", `the report has no room ${what} in its maxBytes, ${this.maxBytes} bytes; raise maxBytes`);
  }
};
function longestEnding(format, { data, options }) {
  const ending = new ByteBuffer();
  const totals = data.columns.map(({ name }, position) => options.totals?.sum.includes(name) ? LONGEST_SUM : data.totals?.[position]);
  format.end({ shown: Number.MAX_SAFE_INTEGER - 1, total: Number.MAX_SAFE_INTEGER, totals: options.totals || data.totals ? totals : void 0 }, ending);
  return ending.length;
}
var LONGEST_SUM = `-${"9".repeat(40)}`;

// src/handlers/rendering/json.ts
function openJson(report, out) {
  const isLines = report.options.json?.lines === true;
  const columns = report.columns.map((column, index) => ({
    position: column.position,
    begin: Buffer.from(`${index === 0 ? "{" : ","}${JSON.stringify(column.name)}:`),
    write: isNumeric(column) ? writeNumber : writeJson
  }));
  const rowEnd = Buffer.from(isLines ? "}\n" : "}");
  let rows = 0;
  return new TextFile({
    begin: (buffer) => buffer.text(isLines ? "" : "["),
    row: (cells, buffer) => {
      if (!isLines) {
        buffer.text(rows > 0 ? ",\n" : "\n");
      }
      rows += 1;
      for (const { position, begin, write: write2 } of columns) {
        buffer.literal(begin);
        write2(cells[position], buffer);
      }
      buffer.literal(rowEnd);
    },
    end: (_ending, buffer) => buffer.text(isLines ? "" : "\n]\n")
  }, report, out);
}
function isNumeric({ type }) {
  return type === "integer" || type === "decimal" || type === "currency";
}
var EXACT_NUMBER = /^-?(?=[\d.]{1,16}$)(?=\d{1,15}(?:$|\.))(0|[1-9]\d*)(\.\d+)?$/;
function writeNumber(cell, out) {
  if (typeof cell === "string" && EXACT_NUMBER.test(cell)) {
    out.text(cell);
  } else {
    writeJson(cell, out);
  }
}
function writeJson(cell, out) {
  if (typeof cell === "string") {
    writeString(cell, out);
  } else if (typeof cell === "number") {
    out.number(cell);
  } else {
    out.text(String(cell));
  }
}
var SHORT_ESCAPES = { '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "	": "\\t" };
var LONGEST_ESCAPE = "\\ud800".length;
function writeString(text, out) {
  const bytes = out.reserve(text.length * LONGEST_ESCAPE + 2);
  let end = out.length;
  bytes[end++] = QUOTE;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 32 && code < 128 && code !== QUOTE && code !== BACKSLASH) {
      bytes[end++] = code;
    } else if (code >= 128 && (code < 55296 || code > 57343 || text.codePointAt(index) > 65535)) {
      const before = end;
      end = writeCharacter(text, index, bytes, end);
      index += end - before === 4 ? 1 : 0;
    } else {
      const escaped = SHORT_ESCAPES[text[index]] ?? `\\u${code.toString(16).padStart(4, "0")}`;
      end += bytes.write(escaped, end, "latin1");
    }
  }
  bytes[end++] = QUOTE;
  out.length = end;
}
var QUOTE = 34;
var BACKSLASH = 92;

// src/handlers/rendering/data-digest.ts
var DataDigest = class {
  columnsLine;
  hash = (0, import_node_crypto.createHash)("sha256");
  lines = new ByteBuffer();
  constructor(columns, totals) {
    this.columnsLine = line(columns.map(({ name, type, label = null, currency: currency2 = null, decimals: decimals2 = null }) => [name, type, label, currency2, decimals2]));
    this.hash.update(this.columnsLine);
    this.hash.update(line(totals ? columns.filter(({ name }) => Object.hasOwn(totals, name)).map(({ name }) => [name, totals[name]]) : null));
  }
  add(rows) {
    const { lines } = this;
    for (const cells of rows) {
      for (let position = 0; position < cells.length; position += 1) {
        lines.byte(position === 0 ? LEFT_BRACKET : COMMA);
        writeJson(cells[position], lines);
      }
      lines.byte(RIGHT_BRACKET);
      lines.byte(LINE_FEED);
    }
    this.hash.update(lines.written());
  }
  get columnsSha256() {
    return (0, import_node_crypto.createHash)("sha256").update(this.columnsLine).digest("hex");
  }
  /** Of the rows that were added so far. */
  get dataSha256() {
    return this.hash.copy().digest("hex");
  }
};
function line(value) {
  return `${JSON.stringify(value)}
`;
}
var LINE_FEED = 10;
var COMMA = 44;
var LEFT_BRACKET = 91;
var RIGHT_BRACKET = 93;

// src/handlers/rendering/report.ts
init_errors();
function reportOf(run, asOf, data, options) {
  const { columns } = data;
  const { locale = run.locale, timeZone = run.timeZone, title = run.report } = options;
  return {
    run: { ...run, locale, timeZone },
    title,
    asOf,
    columns: options.columns?.map((column) => shownAs(column, columns)) ?? columns.map((column, position) => ({ ...column, label: column.label ?? column.name, position })),
    emphasis: (options.emphasis ?? []).map((one) => emphasisOf(one, columns)),
    data,
    options
  };
}
function shownAs({ name, ...differently }, columns) {
  const position = positionOf(name, columns);
  const column = { ...columns[position], ...differently };
  if (column.type === "currency" && column.currency === void 0) {
    throw new ReportError("InvalidData", `the column ${JSON.stringify(name)} is shown as money, and nothing says of which currency; set currency in the renderer's columns`);
  }
  return { ...column, label: column.label ?? name, position };
}
function emphasisOf({ column, below, belowColumn, above, aboveColumn }, columns) {
  const position = numericPositionOf(column, columns);
  const other = belowColumn ?? aboveColumn;
  const otherPosition = other === void 0 ? void 0 : numericPositionOf(other, columns);
  const isBelow = below !== void 0 || belowColumn !== void 0;
  const limit = otherPosition === void 0 ? () => below ?? above : (cells) => cells[otherPosition];
  return {
    position,
    applies: (cells) => {
      const [cell, bound] = [cells[position], limit(cells)];
      return cell !== null && bound !== null && (isBelow ? Number(cell) < Number(bound) : Number(cell) > Number(bound));
    }
  };
}
function numericPositionOf(name, columns) {
  const position = positionOf(name, columns);
  const { type } = columns[position];
  if (!["integer", "decimal", "currency"].includes(type)) {
    throw new ReportError("InvalidData", `the renderer takes the column ${JSON.stringify(name)} for one of numbers, and the data source says that its type is ${type}`);
  }
  return position;
}
function positionOf(name, columns) {
  const position = columns.findIndex((column) => column.name === name);
  if (position < 0) {
    throw new ReportError("InvalidData", `the renderer is to show the column ${JSON.stringify(name)}, and the data source has none of that name; ` + `its columns are ${columns.map((column) => column.name).join(", ")}`.slice(0, 500));
  }
  return position;
}

// src/handlers/rendering/report-file.ts
init_errors();

// src/handlers/rendering/csv.ts
init_byte_buffer();
var QUOTE2 = 34;
var LINE_END = Buffer.from("\r\n");
function openCsv(report, out) {
  const { delimiter = ",", byteOrderMark = false, formulaGuard = true } = report.options.csv ?? {};
  const columns = report.columns.map(({ position, type }) => ({ position, write: fieldWriter(type, delimiter, formulaGuard) }));
  const writeHeading = fieldWriter("text", delimiter, formulaGuard);
  return new TextFile({
    begin: (buffer) => {
      buffer.text(byteOrderMark ? "\uFEFF" : "");
      report.columns.forEach(({ label }, index) => {
        buffer.text(index > 0 ? delimiter : "");
        writeHeading(label, buffer);
      });
      buffer.literal(LINE_END);
    },
    row: (cells, buffer) => {
      for (let index = 0; index < columns.length; index += 1) {
        if (index > 0) {
          buffer.byte(delimiter.charCodeAt(0));
        }
        columns[index].write(cells[columns[index].position], buffer);
      }
      buffer.literal(LINE_END);
    },
    end: () => {
    }
  }, report, out);
}
function fieldWriter(type, delimiter, formulaGuard) {
  const isGuarded = formulaGuard && (type === "text" || type === "link");
  const needsQuotes = quotedCharacters(delimiter);
  return (cell, out) => {
    if (typeof cell === "string") {
      writeText(isGuarded && isFormula(cell) ? `'${cell}` : cell, needsQuotes, out);
    } else if (typeof cell === "number") {
      out.number(cell);
    } else if (cell !== null) {
      out.text(String(cell));
    }
  };
}
function quotedCharacters(delimiter) {
  const quoted2 = new Uint8Array(128);
  for (const character of [delimiter, '"', "\r", "\n", " ", "	"]) {
    quoted2[character.charCodeAt(0)] = 1;
  }
  return quoted2;
}
var FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u;
function isFormula(text) {
  const first = text.charCodeAt(0);
  const isLetterOrDigit = first >= 97 && first <= 122 || first >= 65 && first <= 90 || first >= 48 && first <= 57;
  return !isLetterOrDigit && FORMULA.test(text);
}
function writeText(text, needsQuotes, out) {
  const bytes = out.reserve(text.length * 3 + 2);
  let end = out.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 128) {
      const before = end;
      end = writeCharacter(text, index, bytes, end);
      index += end - before === 4 ? 1 : 0;
    } else if (needsQuotes[code] === 1) {
      writeQuoted(text, out);
      return;
    } else {
      bytes[end++] = code;
    }
  }
  if (text === "") {
    bytes[end++] = QUOTE2;
    bytes[end++] = QUOTE2;
  }
  out.length = end;
}
function writeQuoted(text, out) {
  out.byte(QUOTE2);
  out.text(text.includes('"') ? text.replaceAll('"', '""') : text);
  out.byte(QUOTE2);
}

// src/handlers/rendering/html.ts
init_wording();
init_cells();
init_escape();

// src/handlers/rendering/style.ts
var import_node_crypto2 = require("node:crypto");
var STYLE = `
:root {
  color-scheme: light;
  --page: #f5f6f4;
  --sheet: #ffffff;
  --head: #f9faf8;
  --ink: #1c2422;
  --soft: #5a6663;
  --line: #e4e8e5;
  --edge: #c9d1cd;
  --accent: #0b5f56;
  --hover: #f1f6f4;
  --warn: #9a3412;
  --warn-back: #fff4ec;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --page: #121615;
    --sheet: #191f1d;
    --head: #1f2624;
    --ink: #e6ebe8;
    --soft: #9ba8a3;
    --line: #29312e;
    --edge: #3d4844;
    --accent: #74cdbd;
    --hover: #1e2623;
    --warn: #f5a97c;
    --warn-back: #2b1e17;
  }
}
* { box-sizing: border-box; }
html { background: var(--page); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  padding: clamp(1.25rem, 4vw, 3.25rem) clamp(1rem, 4vw, 2.5rem) clamp(1.5rem, 5vw, 4rem);
  color: var(--ink);
  font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
}
main { width: fit-content; min-width: min(100%, 44rem); margin-inline: auto; }
h1, .text, footer p { unicode-bidi: plaintext; }
header, footer { position: sticky; inset-inline-start: clamp(1rem, 4vw, 2.5rem); width: fit-content; }
h1 {
  margin: 0;
  max-width: 28em;
  font-size: clamp(1.5rem, 1.2rem + 1.4vw, 2.125rem);
  font-weight: 650;
  line-height: 1.2;
  letter-spacing: -0.018em;
  overflow-wrap: anywhere;
  text-wrap: balance;
}
dl { display: flex; flex-wrap: wrap; gap: 0.75rem 2.5rem; margin: 1.125rem 0 1.75rem; }
dt { color: var(--soft); font-size: 0.8125rem; }
dd { margin: 0; font-weight: 550; font-variant-numeric: tabular-nums; }

.sheet { border: 1px solid var(--edge); border-radius: 0.625rem; background: var(--sheet); }
.sheet:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
table { width: 100%; border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th, td { padding: 0.5rem 0.75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; white-space: nowrap; }
[dir=rtl] :is(th, td, p) { text-align: right; }
:is(th, td):first-child { padding-inline-start: 1.25rem; }
:is(th, td):last-child { padding-inline-end: 1.25rem; }
tbody th { font-weight: 550; }
tbody tr:last-child > * { border-bottom: 0; }
tr > :first-child { position: sticky; inset-inline-start: 0; background: var(--sheet); }
.vast tr > :first-child { border-inline-end: 1px solid var(--line); }
tbody:last-child tr:last-child > :first-child { border-end-start-radius: 0.5625rem; }
:is(.text, .link) { min-width: 7rem; max-width: 30rem; overflow-wrap: break-word; white-space: pre-line; }
:is(.integer, .decimal, .currency) { text-align: right; }
thead th {
  position: sticky;
  top: 0;
  z-index: 1;
  padding-block: 0.6875rem;
  border-bottom-color: var(--edge);
  background: var(--head);
  color: var(--soft);
  font-size: 0.8125rem;
  font-weight: 600;
  line-height: 1.3;
  vertical-align: bottom;
  white-space: normal;
}
thead tr > :first-child, tfoot tr > :first-child { background: var(--head); }
thead th:first-child { z-index: 2; border-start-start-radius: 0.5625rem; }
thead th:last-child { border-start-end-radius: 0.5625rem; }
tfoot tr > * { border-top: 1px solid var(--edge); border-bottom: 0; background: var(--head); font-weight: 650; }
tfoot th:first-child { border-end-start-radius: 0.5625rem; }
tfoot :is(th, td):last-child { border-end-end-radius: 0.5625rem; }
@media (hover: hover) { tbody tr:hover > * { background: var(--hover); } }

a { color: var(--accent); text-decoration-color: var(--edge); text-decoration-thickness: 1px; text-underline-offset: 0.2em; }
a:is(:hover, :focus-visible) { text-decoration-color: currentColor; }
.none, .no { color: var(--soft); }
.yes::before { content: "\\2713\\2002" / ""; color: var(--accent); font-weight: 700; }
.no { padding-inline-start: 1.35em; }
td.nothing { padding-block: 4rem; color: var(--soft); font-size: 1.0625rem; white-space: normal; }
.nothing p { max-width: calc(100vw - 5rem); margin: 0 auto; text-align: center; }
td.more { background: var(--warn-back); color: var(--warn); font-weight: 650; white-space: normal; }
.more p { max-width: calc(100vw - 5rem); margin: 0; }

footer { margin-top: 1.5rem; color: var(--soft); font-size: 0.8125rem; }
footer p { margin: 0.25rem 0; }
.end { color: var(--ink); font-size: 0.9375rem; font-weight: 600; }
.cut {
  margin-bottom: 1rem;
  padding: 0.75rem 1.25rem;
  border: 1px solid var(--warn);
  border-inline-start-width: 0.375rem;
  border-radius: 0.375rem;
  background: var(--warn-back);
  color: var(--ink);
  font-size: 0.9375rem;
}
.cut .end { color: var(--warn); font-size: 1.125rem; font-weight: 700; }
.id { overflow-wrap: anywhere; font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.95em; }

@media screen and (max-width: 64rem) {
  main { width: auto; min-width: 0; }
  .sheet { max-height: 94vh; max-height: 94dvh; overflow: auto; }
  tr > :first-child:not(.nothing, .more) { border-inline-end: 1px solid var(--line); }
  .nothing p { margin: 0; text-align: start; }
}
@media screen and (max-width: 40rem) {
  th, td { padding: 0.4375rem 0.625rem; }
  :is(th, td):first-child { padding-inline-start: 0.875rem; }
  .text, .link { min-width: 6.5rem; max-width: 16rem; }
  .text:first-child { max-width: 10.5rem; }
}

@page {
  margin: 15mm 14mm 17mm;
  @bottom-right { content: "Page " counter(page) " of " counter(pages); color: #5a6663; font: 8pt system-ui, sans-serif; }
}
@page wide { size: landscape; }
@page vast { size: A3 landscape; }
@media print {
  html { background: none; }
  body { padding: 0; font-size: 9pt; line-height: 1.4; }
  .wide { page: wide; }
  .vast { page: vast; font-size: 7.5pt; }
  .vast :is(th, td) { min-width: 0; overflow-wrap: anywhere; white-space: pre-line; }
  :is(.text, .link), thead th { min-width: 0; overflow-wrap: break-word; }
  main { width: auto; }
  h1 { font-size: 18pt; }
  dl { margin: 8pt 0 12pt; }
  dt, footer { font-size: 8pt; }
  header { break-after: avoid; }
  header, footer { position: static; }
  :is(thead, tbody, tfoot) tr > :first-child { position: static; border-inline-end: 0; background: none; }
  .sheet { border: 0; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  tr, footer { break-inside: avoid; }
  th, td { padding: 3.5pt 4pt; }
  :is(th, td):first-child { padding-inline-start: 0; }
  :is(th, td):last-child { padding-inline-end: 0; }
  thead th { position: static; padding-block: 4pt; border-bottom: 1pt solid var(--ink); background: none; font-size: 8pt; }
  tfoot tr > * { border-top: 1pt solid var(--ink); background: none; }
  .end { font-size: 9pt; }
  .cut { margin-bottom: 8pt; padding: 6pt 10pt; border-width: 1pt; border-inline-start-width: 5pt; background: none; font-size: 10pt; }
  .cut .end { font-size: 12pt; }
}
`;
var STYLE_SOURCE = `'sha256-${(0, import_node_crypto2.createHash)("sha256").update(STYLE).digest("base64")}'`;

// src/handlers/rendering/html.ts
function openHtml(report, out) {
  return new TextFile(htmlPage(report), report, out);
}
function htmlPage(report) {
  const row = rowWriter(report);
  return {
    begin: (out) => out.text(beginning(report)),
    row,
    subtotal: (subtotal, out) => out.text(subtotalRow(subtotal, report)),
    end: (ending, out) => out.text(pageEnd(report, ending))
  };
}
function beginning({ run, title, asOf, columns }) {
  const period = formatPeriod(run.period, run.locale);
  return `<!doctype html>
<html lang="${escape(run.locale)}" dir="${writingDirection(run.locale)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${STYLE_SOURCE}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${escape(`${title} \xB7 ${period}`)}</title>
<style>${STYLE}</style>
</head>
<body class="${sizeOf(columns)}">
<main>
<header>
<h1>${escape(title)}</h1>
<dl>
<div><dt>Period</dt><dd>${escape(period)}</dd></div>
<div><dt>As of</dt><dd>${instantElement(asOf, run)}</dd></div>
</dl>
</header>
<div class="sheet" role="region" aria-labelledby="caption" tabindex="0">
<table>
<caption id="caption">${escape(`${title}, ${period}`)}</caption>
<thead>
<tr>${columns.map(({ label, type }) => `<th scope="col" class="${type}">${escape(label)}</th>`).join("")}</tr>
</thead>
<tbody>
`;
}
function sizeOf(columns) {
  return columns.length <= 7 ? "narrow" : columns.length <= 14 ? "wide" : "vast";
}
function nothingRow({ run, columns }) {
  return `<tr><td class="nothing" colspan="${columns.length}"><p>${escape(nothingToReport(run.period, run.locale))}</p></td></tr>
`;
}
function pageEnd(report, ending) {
  const { run, asOf } = report;
  const isCut = ending.shown < ending.total;
  return `${ending.total === 0 ? nothingRow(report) : ""}${isCut ? rowsLeftOutRow(report, ending) : ""}</tbody>
${ending.totals ? totalsRow(ending.totals, report) : ""}</table>
</div>
<footer>
${isCut ? cutShortNote(report, ending) : endOfReport(report, ending)}
<p>Report <span class="id">${escape(run.reportId)}</span>${run.attempt > 1 ? `, attempt ${run.attempt}` : ""}<br>
As of ${instantElement(asOf, run)}, times in ${escape(run.timeZone.replaceAll("_", " "))}</p>
</footer>
</main>
</body>
</html>
`;
}
function endOfReport({ run }, { total }) {
  return `<p class="end">End of report \xB7 ${formatRowCount(total, run.locale)}</p>`;
}
function rowsLeftOutRow({ run: { locale }, columns }, { shown, total, totals }) {
  return `<tr><td class="more" colspan="${columns.length}"><p>${rowsLeftOut(total - shown, totals !== void 0, locale)}</p></td></tr>
`;
}
function cutShortNote({ run: { locale } }, { shown, total, totals }) {
  return `<div class="cut" role="note">
<p class="end">${cutShort(shown, total, locale)}</p>
${totals ? `<p>The totals are of all ${formatRowCount(total, locale)}.</p>
` : ""}</div>`;
}
function totalsRow(totals, report) {
  return `<tfoot>
<tr>${totalCells("Total", totals, report)}</tr>
</tfoot>
`;
}
function subtotalRow({ group, position, totals }, report) {
  const column = report.columns.find((one) => one.position === position);
  const name = column ? cellContent(column, report.run)(group) : "";
  return `<tr class="subtotal">${totalCells(`Total ${name}`, totals, report)}</tr>
`;
}
function totalCells(heading, totals, { columns, run }) {
  return columns.map((column, index) => {
    const value = totals[column.position];
    const total = value === void 0 ? "" : cellContent(column, run)(value);
    return index === 0 ? `<th scope="row" class="${column.type}">${total === "" ? heading : `${heading} ${total}`}</th>` : `<td class="${column.type}">${total}</td>`;
  }).join("");
}
var ROW_BEGIN = Buffer.from("<tr>");
var MARKED_ROW_BEGIN = Buffer.from('<tr class="marked">');
var ROW_END = Buffer.from("</tr>\n");
var MARK_BEGIN = Buffer.from("<mark>");
var MARK_END = Buffer.from("</mark>");
function rowWriter({ columns, emphasis, run }) {
  const cellWriters = columns.map((column, index) => {
    const tag = index === 0 ? "th" : "td";
    return {
      position: column.position,
      begin: Buffer.from(`<${tag}${index === 0 ? ' scope="row"' : ""} class="${column.type}">`),
      content: contentWriter(column, run),
      end: Buffer.from(`</${tag}>`),
      emphasis: emphasis.filter(({ position }) => position === column.position)
    };
  });
  return (cells, out) => {
    out.literal(emphasis.some((one) => one.applies(cells)) ? MARKED_ROW_BEGIN : ROW_BEGIN);
    for (const { position, begin, content, end, emphasis: marks } of cellWriters) {
      const isMarked = marks.some((one) => one.applies(cells));
      out.literal(begin);
      if (isMarked) {
        out.literal(MARK_BEGIN);
      }
      content(cells[position], out);
      if (isMarked) {
        out.literal(MARK_END);
      }
      out.literal(end);
    }
    out.literal(ROW_END);
  };
}
function contentWriter(column, run) {
  if (MARKUP[column.type]) {
    const content = cellContent(column, run);
    return (value, out) => out.text(content(value));
  }
  const text = cellText(column, run.locale, run.timeZone);
  return (value, out) => value === null ? out.literal(NO_VALUE_BYTES) : writeEscaped(text(value), out);
}
function cellContent(column, { locale, timeZone }) {
  const text = cellText(column, locale, timeZone);
  const markup = MARKUP[column.type] ?? ((_value, shown) => shown);
  return (value) => value === null ? NO_VALUE : markup(value, escape(text(value)));
}
var NO_VALUE = '<span class="none" role="img" aria-label="no value">\u2013</span>';
var NO_VALUE_BYTES = Buffer.from(NO_VALUE);
var MARKUP = {
  datetime: (value, shown) => `<time datetime="${escape(value)}">${shown}</time>`,
  boolean: (value, shown) => `<span class="${value ? "yes" : "no"}">${shown}</span>`,
  link: (value, shown) => `<a href="${escape(new URL(value).href)}" rel="noopener noreferrer">${shown}</a>`
};
function instantElement(iso, { locale, timeZone }) {
  return `<time datetime="${escape(iso)}">${escape(formatInstant(iso, locale, timeZone))}</time>`;
}

// src/handlers/rendering/totals.ts
var Totals = class {
  constructor({ sum, by }, columns) {
    this.columns = columns;
    this.summed = sum.map((name) => numericPositionOf(name, columns));
    this.by = by === void 0 ? void 0 : positionOf(by, columns);
    this.all = this.zeros();
  }
  columns;
  summed;
  by;
  all;
  group = [];
  groupCell = null;
  groupRows = 0;
  /** Adds a row, and returns the total of the group that ended before it. */
  add(cells) {
    this.summed.forEach((position, index) => this.all[index].add(cells[position]));
    if (this.by === void 0) {
      return void 0;
    }
    const ended = cells[this.by] === this.groupCell ? void 0 : this.subtotal();
    if (this.groupRows === 0 || ended) {
      this.groupCell = cells[this.by];
      this.groupRows = 0;
      this.group = this.zeros();
    }
    this.groupRows += 1;
    this.summed.forEach((position, index) => this.group[index].add(cells[position]));
    return ended;
  }
  /** The total of the last group. */
  subtotal() {
    return this.groupRows === 0 ? void 0 : { group: this.groupCell, position: this.by, rows: this.groupRows, totals: this.cellsOf(this.group) };
  }
  get cells() {
    return this.cellsOf(this.all);
  }
  zeros() {
    return this.summed.map(() => new ExactSum());
  }
  cellsOf(sums) {
    const cells = new Array(this.columns.length).fill(void 0);
    this.summed.forEach((position, index) => {
      cells[position] = sums[index].value;
    });
    return cells;
  }
};
var ExactSum = class {
  /** In units of the last of so many decimals. */
  units = 0n;
  decimals = 0;
  /** Whole numbers are added up as numbers, as long as these are exact. */
  whole = 0;
  add(cell) {
    if (typeof cell === "number" && Number.isSafeInteger(this.whole + cell)) {
      this.whole += cell;
    } else if (cell !== null) {
      const [whole, fraction = ""] = plainDigits(String(cell)).split(".");
      if (fraction.length > this.decimals) {
        this.units *= 10n ** BigInt(fraction.length - this.decimals);
        this.decimals = fraction.length;
      }
      this.units += BigInt(whole + fraction.padEnd(this.decimals, "0"));
    }
  }
  /** A string of digits, as cells may be. */
  get value() {
    const units = this.units + BigInt(this.whole) * 10n ** BigInt(this.decimals);
    const digits2 = `${units < 0n ? -units : units}`.padStart(this.decimals + 1, "0");
    const point = digits2.length - this.decimals;
    return `${units < 0n ? "-" : ""}${digits2.slice(0, point)}${this.decimals > 0 ? `.${digits2.slice(point)}` : ""}`;
  }
};
function plainDigits(number) {
  const [, sign, whole, fraction = "", exponent] = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(number) ?? [];
  return exponent === void 0 ? number : `${sign}0.${"0".repeat(Number(exponent) - 1)}${whole}${fraction}`;
}

// src/handlers/rendering/report-file.ts
var FORMATS = {
  html: () => openHtml,
  csv: () => openCsv,
  json: () => openJson,
  // Loaded when it is used. With `import()` it would be a module of another kind.
  xlsx: () => (init_xlsx(), __toCommonJS(xlsx_exports)).openXlsx
  // eslint-disable-line @typescript-eslint/no-require-imports
};
async function openReportFile(report, out) {
  const open = FORMATS[report.options.format]();
  return new ReportFile(open(report, out), report);
}
var ReportFile = class {
  constructor(writer, report) {
    this.writer = writer;
    this.report = report;
    const { maxRows, totals } = report.options;
    this.maxRows = maxRows ?? Infinity;
    this.sums = totals && new Totals(totals, report.data.columns);
  }
  writer;
  report;
  maxRows;
  sums;
  total = 0;
  get shown() {
    return this.writer.shown;
  }
  /** Writes some rows, and waits until there is room for more. */
  async write(rows) {
    for (const cells of rows) {
      this.writeSubtotal(this.sums?.add(cells));
      this.total += 1;
      if (this.total <= this.maxRows) {
        this.writer.row(cells);
      } else if (this.report.options.onLimit !== "NOTICE") {
        throw new ReportError("LimitExceeded", `the report has more rows than its maxRows, ${this.maxRows}; raise maxRows, let the data source return fewer rows, or set onLimit to NOTICE, so that the report shows the first rows and says so`);
      }
    }
    await this.writer.flushed();
  }
  async end() {
    this.writeSubtotal(this.sums?.subtotal());
    await this.writer.end({ total: this.total, totals: this.totals() });
  }
  /** Where rows of a group are left out, a total below those that are shown would be taken for theirs. */
  writeSubtotal(subtotal) {
    if (subtotal && this.total <= this.maxRows) {
      this.writer.subtotal(subtotal);
    }
  }
  /** Those of the data source, unless the file has sums of its own. */
  totals() {
    const { totals } = this.report.data;
    const sums = this.sums?.cells;
    return sums?.map((sum, position) => sum ?? totals?.[position]) ?? totals;
  }
};

// src/handlers/rendering/rows.ts
init_errors();
init_cells();
var Rows = class {
  constructor(columns, batches, digest, alsoShownAs = []) {
    this.columns = columns;
    this.batches = batches;
    this.digest = digest;
    this.alsoShownAs = alsoShownAs;
    this.read = reader(columns);
  }
  columns;
  batches;
  digest;
  alsoShownAs;
  count = 0;
  read;
  async *[Symbol.asyncIterator]() {
    for await (const batch of this.batches) {
      const rows = batch.map((row) => this.checked(row));
      this.digest?.add(rows);
      yield rows;
    }
  }
  checked(row) {
    this.count += 1;
    const cells = new Array(this.columns.length);
    if (!this.read(row, cells)) {
      throw refusal(row, this.columns, `row ${this.count}`);
    }
    for (const column of this.alsoShownAs) {
      const cell = cells[column.position];
      if (cell !== null && !CELL_TYPES[column.type].accepts(cell)) {
        throw badCell(`row ${this.count}`, column, cell);
      }
    }
    return cells;
  }
};
function reader(columns) {
  const names = columns.map(({ name }) => name);
  const accepts = columns.map(({ type }) => CELL_TYPES[type].accepts);
  const isInherited = names.map((name) => name in {});
  return (row, cells) => {
    for (let position = 0; position < names.length; position += 1) {
      const name = names[position];
      const value = isInherited[position] && !Object.hasOwn(row, name) ? void 0 : row[name];
      if (value !== null && !accepts[position](value)) {
        return false;
      }
      cells[position] = value;
    }
    let count = 0;
    for (const _name in row) {
      count += 1;
    }
    return count === names.length;
  };
}
function refusal(row, columns, place) {
  for (const column of columns) {
    const value = Object.hasOwn(row, column.name) ? row[column.name] : void 0;
    if (value !== null && !CELL_TYPES[column.type].accepts(value)) {
      return badCell(place, column, value);
    }
  }
  const names = new Set(columns.map((column) => column.name));
  const surplus = Object.keys(row).find((name) => !names.has(name));
  return surplus === void 0 ? void 0 : new ReportError("InvalidData", `${place} has ${JSON.stringify(surplus.slice(0, 128))}, which is not a column; add the column, or leave out the value`);
}
function badCell(place, column, value) {
  const where = `${place}, column ${JSON.stringify(column.name)}`;
  return new ReportError("InvalidData", value === void 0 ? `${where}: there is no value; write null where there is none` : `${where}: expected ${CELL_TYPES[column.type].expected}, and got ${kindOf(value)}`);
}
function kindOf(value) {
  if (Array.isArray(value)) {
    return "an array";
  }
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

// src/handlers/rendering/stored-rows.ts
var import_node_stream = require("node:stream");
var import_node_zlib2 = require("node:zlib");
init_errors();

// src/handlers/rendering/csv-rows.ts
var import_papaparse = __toESM(require("papaparse"));
init_errors();
var LONGEST_RECORD = 16 * 1024 * 1024;
async function* parseCsv(stream, columns) {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  let heading;
  let conversions = [];
  let number = 0;
  for await (const records of recordsOf(stream)) {
    const rows = [];
    for (const fields of records) {
      if (!heading) {
        heading = checkedHeading(fields);
        conversions = heading.map((name) => VALUES[types.get(name)] ?? valueOfText);
        continue;
      }
      number += 1;
      if (fields.length === 1 && fields[0] === "" && heading.length > 1) {
        continue;
      }
      if (fields.length !== heading.length) {
        throw new ReportError("InvalidData", `record ${number} of the rows has ${fields.length} fields, and the heading ${heading.length}; write each record with as many, and put fields with commas, quotes or line breaks in quotes`);
      }
      const row = /* @__PURE__ */ Object.create(null);
      for (let index = 0; index < fields.length; index += 1) {
        row[heading[index]] = conversions[index](fields[index]);
      }
      rows.push(row);
    }
    yield rows;
  }
}
function checkedHeading(names) {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== void 0) {
    throw new ReportError("InvalidData", `the heading of the rows names ${JSON.stringify(twice.slice(0, 128))} twice; give each column a name of its own`);
  }
  return names;
}
var valueOfText = (field) => field === "" ? null : field;
var valueOfNumber = (field) => SCIENTIFIC.test(field) ? Number(field) : valueOfText(field);
var VALUES = {
  integer: valueOfNumber,
  decimal: valueOfNumber,
  currency: valueOfNumber,
  boolean: (field) => field === "true" ? true : field === "false" ? false : valueOfText(field),
  datetime: (field) => valueOfText(field.replace(ATHENA_INSTANT, "$1T$2Z"))
};
var SCIENTIFIC = /^-?\d+(\.\d+)?[eE]-?\d+$/;
var ATHENA_INSTANT = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) UTC$/;
async function* recordsOf(stream) {
  let text = "";
  let parser;
  for await (const piece of decoded(stream)) {
    text += piece;
    parser ??= text.includes("\n") ? parserFor(text) : void 0;
    if (parser) {
      const { data, meta } = checked(parser.parse(text, 0, true));
      text = text.slice(meta.cursor);
      yield data;
    }
    if (text.length > LONGEST_RECORD) {
      throw new ReportError("InvalidData", `a record of the rows is longer than ${LONGEST_RECORD / 1024 / 1024} million characters; look for a quote that is not closed`);
    }
  }
  if (text !== "") {
    yield checked((parser ?? parserFor(text)).parse(text, 0, false)).data;
  }
}
function parserFor(text) {
  return new import_papaparse.default.Parser({ delimiter: ",", newline: /\r?\n/.exec(text)?.[0] === "\r\n" ? "\r\n" : "\n" });
}
function checked(result) {
  if (result.errors.length > 0) {
    throw new ReportError("InvalidData", "the rows are not comma-separated values as RFC 4180 has them: a quote is not closed, or not doubled within a field");
  }
  return result;
}
async function* decoded(stream) {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const chunk of stream) {
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    throw error instanceof TypeError ? new ReportError("InvalidData", "the rows are not text in UTF-8; write them in UTF-8") : error;
  }
}

// src/handlers/rendering/json-rows.ts
var import_node_buffer = require("node:buffer");
init_errors();
var LONGEST_ROW_BYTES = 16 * 1024 * 1024;
async function* parseNdjson(stream) {
  const describe = (index2) => ({ place: `line ${index2 + 1}`, remedy: "write one object on each line" });
  let index = 0;
  for await (const texts of cutUp(stream, lineEnds, describe)) {
    const rows = [];
    for (const text of texts) {
      if (!isBlank(text)) {
        rows.push(parsed(text, describe(index)));
      }
      index += 1;
    }
    yield rows;
  }
}
async function* parseJsonArray(stream) {
  const describe = (index2) => ({ place: `element ${index2}`, remedy: "write one array of objects" });
  const cutter = new ElementCutter();
  let index = 0;
  let blank;
  for await (const texts of cutUp(stream, (bytes) => cutter.ends(bytes), describe)) {
    const rows = [];
    for (const text of texts) {
      if (!isBlank(text)) {
        rows.push(parsed(text, describe(index)));
      } else if (index > 0) {
        blank ??= index;
      }
      index += 1;
    }
    yield rows;
  }
  const isEmptyArray = index === 3;
  if (!cutter.isClosed || blank !== index - 1 && !isEmptyArray) {
    throw notAnObject(describe(cutter.isClosed ? blank : index - 1));
  }
}
function parsed(text, place) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw notAnObject(place);
  }
  return value;
}
function notAnObject({ place, remedy }) {
  return new ReportError("InvalidData", `${place} of the rows is not a JSON object in UTF-8; ${remedy}`);
}
function isBlank(text) {
  return text.trim() === "";
}
async function* cutUp(stream, endsIn, describe) {
  let index = 0;
  let begun = [];
  let begunBytes = 0;
  function text(bytes) {
    if (!(0, import_node_buffer.isUtf8)(bytes)) {
      throw notAnObject(describe(index));
    }
    const decoded2 = bytes.toString("utf8");
    index += 1;
    return index === 1 && decoded2.startsWith("\uFEFF") ? decoded2.slice(1) : decoded2;
  }
  for await (const { buffer, byteOffset, length } of stream) {
    const chunk = Buffer.from(buffer, byteOffset, length);
    const texts = [];
    let start = 0;
    for (const end of endsIn(chunk)) {
      const bytes = chunk.subarray(start, end);
      texts.push(text(begun.length === 0 ? bytes : Buffer.concat([...begun, bytes])));
      begun = [];
      begunBytes = 0;
      start = end + 1;
    }
    yield texts;
    if (start < length) {
      begun.push(chunk.subarray(start));
      begunBytes += length - start;
    }
    if (begunBytes > LONGEST_ROW_BYTES) {
      const { place, remedy } = describe(index);
      throw new ReportError("InvalidData", `${place} of the rows is longer than ${LONGEST_ROW_BYTES / 1024 / 1024} MB; ${remedy}`);
    }
  }
  yield [text(Buffer.concat(begun))];
}
function lineEnds(bytes) {
  const ends = [];
  for (let end = bytes.indexOf(LINE_FEED2); end >= 0; end = bytes.indexOf(LINE_FEED2, end + 1)) {
    ends.push(end);
  }
  return ends;
}
var LINE_FEED2 = 10;
var ElementCutter = class {
  isClosed = false;
  depth = 0;
  isInString = false;
  isEscaped = false;
  ends(bytes) {
    const ends = [];
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = bytes[index];
      if (this.isInString) {
        if (this.isEscaped) {
          this.isEscaped = false;
        } else if (byte === BACKSLASH2) {
          this.isEscaped = true;
        } else if (byte === QUOTE3) {
          this.isInString = false;
        }
      } else if (this.depth === 0) {
        this.outside(byte, index, ends);
      } else if (byte === QUOTE3) {
        this.isInString = true;
      } else if (byte === LEFT_BRACKET2 || byte === LEFT_BRACE) {
        this.depth += 1;
      } else if (byte === COMMA2 && this.depth === 1) {
        ends.push(index);
      } else if (byte === RIGHT_BRACKET2 || byte === RIGHT_BRACE) {
        this.depth -= 1;
        this.close(byte, index, ends);
      }
    }
    return ends;
  }
  outside(byte, index, ends) {
    if (byte === LEFT_BRACKET2 && !this.isClosed) {
      this.depth = 1;
      ends.push(index);
    } else if (!WHITE_SPACE_OR_BYTE_ORDER_MARK.includes(byte)) {
      throw notAnArray();
    }
  }
  close(byte, index, ends) {
    if (this.depth === 0) {
      if (byte !== RIGHT_BRACKET2) {
        throw notAnArray();
      }
      this.isClosed = true;
      ends.push(index);
    }
  }
};
function notAnArray() {
  return new ReportError("InvalidData", 'the rows are not one JSON array of objects; write "[", the rows with commas between them, and "]"');
}
var QUOTE3 = 34;
var COMMA2 = 44;
var LEFT_BRACKET2 = 91;
var BACKSLASH2 = 92;
var RIGHT_BRACKET2 = 93;
var LEFT_BRACE = 123;
var RIGHT_BRACE = 125;
var WHITE_SPACE_OR_BYTE_ORDER_MARK = [32, 9, 10, 13, 239, 187, 191];

// src/handlers/rendering/stored-rows.ts
async function* storedRows(stored, format, columns) {
  const bytes = unpacked(stored);
  switch (format) {
    case "NDJSON":
      return yield* parseNdjson(bytes);
    case "JSON":
      return yield* parseJsonArray(bytes);
    case "CSV":
      return yield* parseCsv(bytes, columns);
  }
}
var GZIP_MARK = Buffer.from([31, 139]);
async function* unpacked(stored) {
  const chunks = stored[Symbol.asyncIterator]();
  let beginning2 = Buffer.alloc(0);
  while (beginning2.length < GZIP_MARK.length) {
    const { done, value } = await chunks.next();
    if (done) {
      break;
    }
    beginning2 = Buffer.concat([beginning2, value]);
  }
  const all = (async function* () {
    yield beginning2;
    yield* { [Symbol.asyncIterator]: () => chunks };
  })();
  yield* beginning2.subarray(0, GZIP_MARK.length).equals(GZIP_MARK) ? gunzipped(all) : all;
}
async function* gunzipped(packed) {
  try {
    yield* (0, import_node_stream.pipeline)(import_node_stream.Readable.from(packed), (0, import_node_zlib2.createGunzip)(), () => {
    });
  } catch (error) {
    throw /^Z_/.test(error.code ?? "") ? new ReportError("InvalidData", "the rows begin as gzip does, and can not be unpacked to their end; write them again") : error;
  }
}

// benchmarks/data.ts
var COLUMNS = [
  { name: "id", label: "No.", type: "integer" },
  { name: "supplier", label: "Supplier", type: "text" },
  { name: "product", label: "Product", type: "text" },
  { name: "note", label: "Note", type: "text" },
  { name: "quantity", label: "Quantity", type: "integer" },
  { name: "reorderLevel", label: "Reorder at", type: "integer" },
  { name: "price", label: "Price", type: "currency", currency: "EUR" },
  { name: "rate", label: "Rate", type: "decimal" },
  { name: "harvestedOn", label: "Harvest", type: "date" },
  { name: "countedAt", label: "Counted", type: "datetime" }
];

// benchmarks/ours.ts
var RUN = {
  version: 1,
  reportId: "3f2a9c04d1b84f77a0e6c2f1b5d98e34",
  attempt: 1,
  report: "inventory",
  trigger: "SCHEDULE",
  period: { from: "2026-11-19T23:00:00Z", to: "2026-11-20T23:00:00Z", timeZone: "Europe/Madrid" },
  openedAt: "2026-11-21T06:00:04Z",
  locale: "en-GB",
  timeZone: "Europe/Madrid",
  parameters: {}
};
function render(format) {
  return async (input, out) => {
    const report = reportOf(RUN, RUN.openedAt, { columns: COLUMNS }, { format });
    const file = await openReportFile(report, out);
    const rows = new Rows(COLUMNS, storedRows(input, "NDJSON", COLUMNS), new DataDigest(COLUMNS));
    for await (const batch of rows) {
      await file.write(batch);
    }
    await file.end();
  };
}

// benchmarks/peers.ts
var import_node_events3 = require("node:events");
var import_node_readline = require("node:readline");
var import_node_stream2 = require("node:stream");
var ROWS_AT_ONCE = 500;
async function* withReadline(input) {
  let rows = [];
  for await (const line2 of (0, import_node_readline.createInterface)({ input: import_node_stream2.Readable.from(input), crlfDelay: Infinity })) {
    rows.push(JSON.parse(line2));
    if (rows.length === ROWS_AT_ONCE) {
      yield rows;
      rows = [];
    }
  }
  yield rows;
}
function withOurReader(input) {
  return storedRows(input, "NDJSON", COLUMNS);
}
var integer = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
var decimal = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 20 });
var currency = new Intl.NumberFormat("en-GB", { style: "currency", currency: "EUR" });
var day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
var instant = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
  timeZone: "Europe/Madrid"
});
var FORMATS2 = {
  text: String,
  integer: (value) => integer.format(value),
  decimal: (value) => decimal.format(value),
  currency: (value) => currency.format(value),
  date: (value) => day.format(new Date(value)),
  datetime: (value) => instant.format(new Date(value))
};
async function eta(rows, out) {
  const { Eta } = require("eta");
  const engine = new Eta({ autoEscape: true });
  const columns = COLUMNS.map(({ name, type }) => ({ name, type, format: FORMATS2[type] }));
  engine.loadTemplate("@rows", '<% for (const row of it.rows) { %><tr><% for (const { name, type, format } of it.columns) { %><td class="<%= type %>"><%= row[name] === null ? "\u2013" : format(row[name]) %></td><% } %></tr>\n<% } %>');
  for await (const some of rows) {
    await write(out, engine.render("@rows", { rows: some, columns }));
  }
}
async function papaparse(rows, out) {
  const { unparse } = require("papaparse");
  const columns = COLUMNS.map(({ name }) => name);
  for await (const some of rows) {
    await write(out, `${unparse(some, { columns, header: false, escapeFormulae: true })}\r
`);
  }
}
async function stringify(rows, out) {
  for await (const some of rows) {
    await write(out, some.map((row) => `${JSON.stringify(row)}
`).join(""));
  }
}
async function exceljs(rows, out) {
  const { stream } = require("exceljs");
  const workbook2 = new stream.xlsx.WorkbookWriter({ stream: out, useStyles: true, useSharedStrings: false });
  const sheet = workbook2.addWorksheet("Report");
  const numFmts = { integer: "#,##0", currency: "[$\u20AC]#,##0.00", date: "d mmm yyyy", datetime: "d mmm yyyy, hh:mm" };
  sheet.columns = COLUMNS.map(({ name, label, type }) => ({ key: name, header: label, width: 20, style: { numFmt: numFmts[type] } }));
  for await (const some of rows) {
    for (const row of some) {
      sheet.addRow(COLUMNS.map(({ name, type }) => type.startsWith("date") ? new Date(row[name]) : row[name])).commit();
    }
  }
  await workbook2.commit();
}
async function write(out, text) {
  if (!out.write(Buffer.from(text))) {
    await (0, import_node_events3.once)(out, "drain");
  }
}

// benchmarks/cases.ts
var readline = (rendering) => (input, out) => rendering(withReadline(input), out);
var ourReader = (rendering) => (input, out) => rendering(withOurReader(input), out);
var encoding = async (input, out) => {
  for await (const chunk of input) {
    out.write(Buffer.from(chunk.toString("utf8"), "utf8"));
  }
};
var CASES = {
  "html": render("html"),
  "html: readline + eta": readline(eta),
  "html: same reader + eta": ourReader(eta),
  "csv": render("csv"),
  "csv: readline + papaparse": readline(papaparse),
  "csv: same reader + papaparse": ourReader(papaparse),
  "json": render("json"),
  "json: readline + JSON.stringify": readline(stringify),
  "xlsx": render("xlsx"),
  "xlsx: same reader + exceljs": ourReader(exceljs),
  "limit: decode and encode the input": encoding
};

// benchmarks/parts.ts
var import_node_stream3 = require("node:stream");
var PART_BYTES = 5 * 1024 * 1024;
var Parts = class extends import_node_stream3.Writable {
  bytes = 0;
  part = Buffer.allocUnsafeSlow(PART_BYTES);
  filled = 0;
  _write(chunk, _encoding, done) {
    this.bytes += chunk.length;
    for (let start = 0; start < chunk.length; ) {
      const taken = chunk.subarray(start, start + PART_BYTES - this.filled);
      this.part.set(taken, this.filled);
      this.filled = (this.filled + taken.length) % PART_BYTES;
      start += taken.length;
    }
    done();
  }
};

// benchmarks/measure.ts
async function main([name, file]) {
  const parts = new Parts();
  const before = process.cpuUsage();
  await CASES[name]((0, import_node_fs.createReadStream)(file, { highWaterMark: 64 * 1024 }), parts);
  const { user, system } = process.cpuUsage(before);
  if (!parts.writableEnded) {
    parts.end();
    await (0, import_node_events4.once)(parts, "finish");
  }
  console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, peakMegabytes: process.resourceUsage().maxRSS / 1024, bytes: parts.bytes }));
}
void main(process.argv.slice(2));
