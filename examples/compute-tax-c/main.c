// Computes an order's total with 15 % tax: {"id":"A1","value":100} becomes
// {"order_id":"A1","total_final":114.99999999999999}. One process serves one request: stdin is the event, stdout the
// answer, and memory goes with the process, so nothing is freed.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

// Writes the answer's body into `body`. Returns NULL, or what is wrong with the request.
static const char *compute_tax(const struct json_member *request_body, const struct json_member *encoding,
                               struct json_buffer *body) {
  if (encoding->type == JSON_STRING && strcmp(encoding->string.bytes, "base64") == 0)
    return "the body is not UTF-8: send JSON";
  if (request_body->type != JSON_STRING || request_body->string.length == 0)
    return "the body is empty: send a JSON object with id and value";

  struct json_member order[] = {{.name = "id"}, {.name = "value"}};
  switch (json_read_object(request_body->string, order, 2)) {
  case JSON_INVALID:
    return "the body is not valid JSON, or past its limits: 32 levels, 1000 characters a number";
  case JSON_NOT_OBJECT:
    return "the body is not an object: send a JSON object with id and value";
  case JSON_OK:
    break;
  }
  if (order[0].type != JSON_STRING) return "id must be a string";
  if (order[1].type != JSON_NUMBER) return "value must be a number";
  double total = order[1].number * 1.15;
  if (!isfinite(total)) return "value is too large: the total must be below 1.8e308";

  json_put(body, "{\"order_id\":");
  json_put_string(body, order[0].string);
  json_put(body, ",\"total_final\":");
  json_put_number(body, total);
  json_put(body, "}");
  return NULL;
}

static struct json_text read_all(FILE *file) {
  size_t capacity = 16 * 1024;
  struct json_text text = {.bytes = malloc(capacity)};
  size_t count;
  // One byte stays free for the NUL that json_read_object wants behind the text.
  while ((count = fread(text.bytes + text.length, 1, capacity - text.length - 1, file)) > 0) {
    text.length += count;
    if (text.length == capacity - 1) text.bytes = realloc(text.bytes, capacity *= 2);
  }
  text.bytes[text.length] = '\0';
  return text;
}

int main(void) {
  struct json_member event[] = {{.name = "body"}, {.name = "encoding"}};
  if (json_read_object(read_all(stdin), event, 2) != JSON_OK) {
    fputs("stdin is not an event of contract version 1\n", stderr);
    return 1;
  }

  struct json_buffer body = {0};
  const char *error = compute_tax(&event[0], &event[1], &body);
  if (error != NULL) {
    json_put(&body, "{\"error\":");
    json_put_string(&body, (struct json_text){(char *)error, strlen(error)});
    json_put(&body, "}");
  }

  struct json_buffer answer = {0};
  json_put(&answer, error == NULL ? "{\"status\":200" : "{\"status\":400");
  json_put(&answer, ",\"headers\":{\"content-type\":\"application/json\"},\"body\":");
  json_put_string(&answer, body.text);
  json_put(&answer, "}");
  return fwrite(answer.text.bytes, 1, answer.text.length, stdout) == answer.text.length ? 0 : 1;
}
