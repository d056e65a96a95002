package io.headgate.gateway.http;

import io.headgate.mcp.Pieces;

/** What the door itself refuses, with the status, the reason that is counted, and whether the connection survives. */
enum Rejection {
    FRAMING(400, "framing", true, "bad request"),
    TRANSFER_ENCODING(501, "transfer_encoding", true, "only the transfer coding chunked is spoken here"),
    HTTP_VERSION(505, "http_version", true, "only HTTP/1.1 and HTTP/2 are spoken here"),
    NOT_HTTP(400, "not_http", true, "not HTTP"),
    URI_TOO_LONG(414, "uri_too_long", true, "the request line is too long"),
    HEADERS_TOO_LARGE(431, "headers_too_large", true, "the header fields are too large"),
    TOO_MANY_HEADERS(431, "too_many_headers", true, "too many header fields"),
    TRAILERS(431, "trailers", true, "too many trailer fields"),
    NON_ASCII_HEADER(400, "non_ascii_header", true, "a header field is not ASCII"),
    UNDERSCORE_HEADER(400, "underscore_header", false, "a header field has an underscore in its name"),
    CONNECTION_NOMINATED(400, "connection_nominated", true, "the Connection field names an end-to-end field"),
    UPGRADE(400, "upgrade", true, "no upgrade is offered here"),
    EXPECT(417, "expect", true, "unknown expectation"),
    HOST(421, "host", true, "this host is not served here"),
    SNI_HOST_MISMATCH(421, "sni_host_mismatch", true, "the host is not the one of the TLS handshake"),
    ORIGIN(403, "origin", false, "this origin is not allowed"),
    METHOD(405, "method", true, "method not allowed"),
    METHOD_UNKNOWN(501, "method", true, "unknown method"),
    METHOD_HERE(405, "method", false, "method not allowed"),
    ABSOLUTE_FORM(400, "absolute_form", true, "this is not a proxy"),
    TARGET(400, "path", true, "bad request target"),
    PATH(404, "path", false, "not found"),
    BODY_TOO_LARGE(413, "body_too_large", true, "the body is too large"),
    CONTENT_ENCODING(415, "content_encoding", false, "compressed bodies are not taken"),
    CONTENT_TYPE(415, "content_type", false, "Content-Type must be application/json"),
    CHARSET(415, "charset", false, "the charset must be utf-8"),
    ACCEPT(406, "accept", false, "Accept must list application/json and text/event-stream"),
    HEADER_TIMEOUT(408, "header_timeout", true, "the request head took too long"),
    BODY_RATE(408, "body_rate", true, "the body came too slowly"),
    MEMORY(503, "memory", false, "the gateway has no memory for more"),
    PIPELINE_DEPTH(503, "pipeline_depth", true, "too many pipelined requests");

    private static final String[] NONE = {};
    private static final String[] ALLOW = {"Allow", "POST, GET, DELETE"};
    private static final String[] IDENTITY = {"Accept-Encoding", "identity"};

    final int status;
    final String reason;

    /** Whether what follows on the connection can no longer be trusted or is not worth reading. */
    final boolean closes;

    private final String body;

    Rejection(int status, String reason, boolean closes, String text) {
        this.status = status;
        this.reason = reason;
        this.closes = closes;
        body = "{\"error\":\"" + text + "\"}";
    }

    Pieces body() {
        return Pieces.of(body);
    }

    String[] fields() {
        return switch (this) {
            case METHOD, METHOD_HERE -> ALLOW;
            case CONTENT_ENCODING -> IDENTITY;
            default -> NONE;
        };
    }
}
