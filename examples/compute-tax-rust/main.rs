//! Computes an order's total with 15 % tax: {"id":"A1","value":100} becomes
//! {"order_id":"A1","total_final":114.99999999999999}. One process serves one request: stdin is the event, stdout the
//! answer.

mod json;

use json::{Members, ReadError, Value};
use std::io::{self, Read, Write};
use std::process::ExitCode;

/// The answer's body, or what is wrong with the request.
fn compute_tax(event: &Members) -> Result<String, &'static str> {
    if event.get("encoding") == Some(&Value::String("base64".into())) {
        return Err("the body is not UTF-8: send JSON");
    }
    let body = match event.get("body") {
        Some(Value::String(body)) if !body.is_empty() => body,
        _ => return Err("the body is empty: send a JSON object with id and value"),
    };
    let order = json::read_object(body).map_err(|error| match error {
        ReadError::Invalid => "the body is not valid JSON, or past its limits: 32 levels, 1000 characters a number",
        ReadError::NotObject => "the body is not an object: send a JSON object with id and value",
    })?;
    let id = match order.get("id") {
        Some(Value::String(id)) => id,
        _ => return Err("id must be a string"),
    };
    let total = match order.get("value") {
        Some(Value::Number(value)) => value * 1.15,
        _ => return Err("value must be a number"),
    };
    if !total.is_finite() {
        return Err("value is too large: the total must be below 1.8e308");
    }
    let (id, total) = (json::quote(id), json::format_number(total));
    Ok(format!(r#"{{"order_id":{id},"total_final":{total}}}"#))
}

fn main() -> io::Result<ExitCode> {
    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let event = match json::read_object(&input) {
        Ok(event) => event,
        Err(_) => {
            eprintln!("stdin is not an event of contract version 1");
            return Ok(ExitCode::FAILURE);
        }
    };
    let (status, body) = match compute_tax(&event) {
        Ok(body) => (200, body),
        Err(error) => (400, format!(r#"{{"error":{}}}"#, json::quote(error))),
    };
    let body = json::quote(&body);
    let answer = format!(r#"{{"status":{status},"headers":{{"content-type":"application/json"}},"body":{body}}}"#);
    io::stdout().write_all(answer.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
