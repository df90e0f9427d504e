#include "json.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Reading ----

// The NUL behind the text stops every loop: it is neither white space, nor a digit, nor allowed in a string.
struct reader {
  const char *at;
};

static bool read_value(struct reader *reader, int depth, struct json_member *value);

static void skip_space(struct reader *reader) {
  while (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r') reader->at++;
}

static bool take(struct reader *reader, char wanted) {
  skip_space(reader);
  if (*reader->at != wanted) return false;
  reader->at++;
  return true;
}

static bool take_word(struct reader *reader, const char *word) {
  size_t length = strlen(word);
  if (strncmp(reader->at, word, length) != 0) return false;
  reader->at += length;
  return true;
}

static bool take_digits(struct reader *reader) {
  const char *start = reader->at;
  while (*reader->at >= '0' && *reader->at <= '9') reader->at++;
  return reader->at > start;
}

static bool read_number(struct reader *reader, double *number) {
  const char *start = reader->at;
  if (*reader->at == '-') reader->at++;
  if (*reader->at == '0') reader->at++; // and no digit after it: 01 is not JSON
  else if (!take_digits(reader)) return false;
  if (*reader->at == '.') {
    reader->at++;
    if (!take_digits(reader)) return false;
  }
  if (*reader->at == 'e' || *reader->at == 'E') {
    reader->at++;
    if (*reader->at == '+' || *reader->at == '-') reader->at++;
    if (!take_digits(reader)) return false;
  }
  if (reader->at - start > JSON_MAX_NUMBER) return false;
  *number = strtod(start, NULL);
  return true;
}

static bool read_hex4(struct reader *reader, uint32_t *unit) {
  *unit = 0;
  for (int i = 0; i < 4; i++) {
    char c = *reader->at;
    if (c >= '0' && c <= '9') *unit = *unit * 16 + (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f') *unit = *unit * 16 + (uint32_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F') *unit = *unit * 16 + (uint32_t)(c - 'A' + 10);
    else return false;
    reader->at++;
  }
  return true;
}

static char *put_utf8(char *out, uint32_t point) {
  if (point < 0x80) {
    *out++ = (char)point;
    return out;
  }
  int tail = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  static const uint8_t lead[] = {0, 0xC0, 0xE0, 0xF0};
  *out++ = (char)(lead[tail] | point >> 6 * tail);
  while (tail-- > 0) *out++ = (char)(0x80 | (point >> 6 * tail & 0x3F));
  return out;
}

// What follows \u: one UTF-16 code unit, or a surrogate pair of two.
static bool read_unicode_escape(struct reader *reader, char **out) {
  uint32_t point, low;
  if (!read_hex4(reader, &point)) return false;
  if (point >= 0xDC00 && point <= 0xDFFF) return false;
  if (point >= 0xD800 && point <= 0xDBFF) {
    if (!take_word(reader, "\\u") || !read_hex4(reader, &low) || low < 0xDC00 || low > 0xDFFF) return false;
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  }
  *out = put_utf8(*out, point);
  return true;
}

static bool read_escape(struct reader *reader, char **out) {
  static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  char c = *reader->at++;
  if (c == 'u') return read_unicode_escape(reader, out);
  const char *found = c == '\0' ? NULL : strchr(escapes, c);
  if (found == NULL) return false;
  *(*out)++ = meanings[found - escapes];
  return true;
}

static bool read_string(struct reader *reader, struct json_text *string) {
  if (*reader->at != '"') return false;
  const char *close = ++reader->at;
  while (*close != '"' && *close != '\0') close += close[0] == '\\' && close[1] != '\0' ? 2 : 1;
  // Decoding never makes a string longer.
  char *out = string->bytes = malloc((size_t)(close - reader->at) + 1);
  while (reader->at < close) {
    char c = *reader->at++;
    if ((unsigned char)c < 0x20) return false;
    if (c != '\\') *out++ = c;
    else if (!read_escape(reader, &out)) return false;
  }
  string->length = (size_t)(out - string->bytes);
  *out = '\0';
  return take(reader, '"');
}

static bool read_array(struct reader *reader, int depth) {
  if (depth > JSON_MAX_DEPTH || !take(reader, '[')) return false;
  if (take(reader, ']')) return true;
  struct json_member skipped;
  do {
    if (!read_value(reader, depth, &skipped)) return false;
  } while (take(reader, ','));
  return take(reader, ']');
}

static bool read_object(struct reader *reader, int depth, struct json_member *members, size_t count) {
  if (depth > JSON_MAX_DEPTH || !take(reader, '{')) return false;
  if (take(reader, '}')) return true;
  do {
    struct json_text name;
    skip_space(reader);
    if (!read_string(reader, &name) || !take(reader, ':')) return false;
    struct json_member skipped, *member = &skipped;
    for (size_t i = 0; i < count; i++) {
      if (strlen(members[i].name) == name.length && memcmp(members[i].name, name.bytes, name.length) == 0)
        member = &members[i];
    }
    if (!read_value(reader, depth, member)) return false;
  } while (take(reader, ','));
  return take(reader, '}');
}

static bool read_value(struct reader *reader, int depth, struct json_member *value) {
  skip_space(reader);
  value->type = JSON_OTHER;
  switch (*reader->at) {
  case '{':
    return read_object(reader, depth + 1, NULL, 0);
  case '[':
    return read_array(reader, depth + 1);
  case 't':
    return take_word(reader, "true");
  case 'f':
    return take_word(reader, "false");
  case 'n':
    return take_word(reader, "null");
  case '"':
    value->type = JSON_STRING;
    return read_string(reader, &value->string);
  default:
    value->type = JSON_NUMBER;
    return read_number(reader, &value->number);
  }
}

enum json_status json_read_object(struct json_text text, struct json_member *members, size_t count) {
  for (size_t i = 0; i < count; i++) members[i].type = JSON_ABSENT;
  struct reader reader = {text.bytes};
  struct json_member skipped;
  skip_space(&reader);
  bool is_object = *reader.at == '{';
  bool is_valid = is_object ? read_object(&reader, 1, members, count) : read_value(&reader, 0, &skipped);
  skip_space(&reader);
  if (!is_valid || reader.at != text.bytes + text.length) return JSON_INVALID;
  return is_object ? JSON_OK : JSON_NOT_OBJECT;
}

// ---- Writing ----

static void put_bytes(struct json_buffer *buffer, const char *bytes, size_t length) {
  size_t needed = buffer->text.length + length + 1;
  if (needed > buffer->capacity) {
    buffer->capacity = needed * 2;
    buffer->text.bytes = realloc(buffer->text.bytes, buffer->capacity);
  }
  memcpy(buffer->text.bytes + buffer->text.length, bytes, length);
  buffer->text.length += length;
  buffer->text.bytes[buffer->text.length] = '\0';
}

void json_put(struct json_buffer *buffer, const char *json) { put_bytes(buffer, json, strlen(json)); }

// Writes the escape that `c` needs, or an empty string if it needs none.
static void escape(char c, char text[static 7]) {
  static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  const char *found = c == '\0' ? NULL : strchr(escaped, c);
  if (found != NULL) snprintf(text, 7, "\\%c", letters[found - escaped]);
  else if ((unsigned char)c < 0x20) snprintf(text, 7, "\\u%04x", (unsigned)c);
  else text[0] = '\0';
}

void json_put_string(struct json_buffer *buffer, struct json_text string) {
  const char *plain = string.bytes, *end = string.bytes + string.length;
  json_put(buffer, "\"");
  for (const char *at = plain; at < end; at++) {
    char text[7];
    escape(*at, text);
    if (text[0] == '\0') continue;
    put_bytes(buffer, plain, (size_t)(at - plain));
    json_put(buffer, text);
    plain = at + 1;
  }
  put_bytes(buffer, plain, (size_t)(end - plain));
  json_put(buffer, "\"");
}

// Writes the shortest "d.ddde±xx" that reads back as `number`, which is positive.
static void format_shortest(char *text, size_t size, double number) {
  // Fifteen digits always survive the way to a double and back, except for subnormal numbers, which have fewer.
  for (int digits = number < DBL_MIN ? 1 : 15;; digits++) {
    snprintf(text, size, "%.*e", digits - 1, number);
    if (strtod(text, NULL) == number) return;
    // Above a power of two, doubles lie twice as far apart as below: the nearest decimal may be too low for it while
    // the next one up is not. No carry: a last digit of nine would become a zero, and fewer digits have been tried.
    char *last = strchr(text, 'e') - 1;
    if (*last < '0' || *last >= '9') continue;
    ++*last;
    if (strtod(text, NULL) == number) return;
  }
}

// The layout is that of ECMA-262, Number::toString; `k` and `n` are its names.
void json_put_number(struct json_buffer *buffer, double number) {
  if (number == 0) {
    json_put(buffer, "0"); // negative zero as well
    return;
  }
  if (number < 0) json_put(buffer, "-");

  char scientific[32], digits[32], text[64];
  format_shortest(scientific, sizeof scientific, fabs(number));
  int k = 0, n = atoi(strchr(scientific, 'e') + 1) + 1;
  for (const char *c = scientific; *c != 'e'; c++) {
    if (*c != '.') digits[k++] = *c;
  }
  while (k > 1 && digits[k - 1] == '0') k--;
  digits[k] = '\0';

  static const char zeros[] = "00000000000000000000";
  if (k <= n && n <= 21) snprintf(text, sizeof text, "%s%.*s", digits, n - k, zeros);
  else if (0 < n && n <= 21) snprintf(text, sizeof text, "%.*s.%s", n, digits, digits + n);
  else if (-6 < n && n <= 0) snprintf(text, sizeof text, "0.%.*s%s", -n, zeros, digits);
  else snprintf(text, sizeof text, "%c%s%se%+d", digits[0], k > 1 ? "." : "", digits + 1, n - 1);
  json_put(buffer, text);
}
