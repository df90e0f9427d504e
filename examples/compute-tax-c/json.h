// A JSON (RFC 8259) reader and writer, as small as a function needs: it picks named members out of one object, and
// checks and skips everything else. Numbers are read and written exactly as JavaScript does.

#pragma once

#include <stddef.h>

// UTF-8; `length` counts because a JSON string may hold NUL. One more NUL always follows the text.
struct json_text {
  char *bytes;
  size_t length;
};

enum json_type { JSON_ABSENT, JSON_STRING, JSON_NUMBER, JSON_OTHER };

// Set `name`; json_read_object sets the rest.
struct json_member {
  const char *name;
  enum json_type type;
  struct json_text string; // for JSON_STRING, with escapes decoded
  double number;           // for JSON_NUMBER; infinite if it is beyond a double's range
};

enum json_status { JSON_OK, JSON_INVALID, JSON_NOT_OBJECT };

// Arrays and objects within each other; deeper text is JSON_INVALID, so that it cannot overflow the stack.
enum { JSON_MAX_DEPTH = 32 };
// Characters of one number; a longer one is JSON_INVALID. No double needs more than 767 digits to be told apart.
enum { JSON_MAX_NUMBER = 1000 };

// Reads `text` as one object. Of a name that occurs twice the last wins, as in JavaScript. Half a surrogate pair is
// JSON_INVALID: no UTF-8 can say it.
enum json_status json_read_object(struct json_text text, struct json_member *members, size_t count);

// Starts as {0} and grows.
struct json_buffer {
  struct json_text text;
  size_t capacity;
};

// Appends as is.
void json_put(struct json_buffer *buffer, const char *json);
// Appends in quotes, with the escapes of JSON.stringify.
void json_put_string(struct json_buffer *buffer, struct json_text string);
// Appends the shortest decimal that reads back as the same number, laid out like JavaScript's. Finite numbers only.
void json_put_number(struct json_buffer *buffer, double number);
