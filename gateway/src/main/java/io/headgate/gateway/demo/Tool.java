package io.headgate.gateway.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A tool: how it is listed, and what it does; the body refuses bad arguments at once and acts when subscribed. */
record Tool(ObjectNode definition, List<HeaderParameter> headers, Kind kind, Function<Call, Flux<Frame>> body) {
    /** How a tool answers. */
    enum Kind {
        /** With its result alone. */
        PLAIN,
        /** Possibly with more than its result. */
        TALKATIVE,
        /** With its result alone, and it enters itself in the ledger when it really starts. */
        QUEUED
    }

    /** An argument that the modern era repeats in a header, with the path to it. */
    record HeaderParameter(String header, List<String> path) {}

    static Tool plain(String definition, Function<Call, Flux<Frame>> body) {
        return of(Json.object(definition), Kind.PLAIN, body);
    }

    static Tool talkative(String definition, Function<Call, Flux<Frame>> body) {
        return of(Json.object(definition), Kind.TALKATIVE, body);
    }

    static Tool queued(String definition, Function<Call, Flux<Frame>> body) {
        return of(Json.object(definition), Kind.QUEUED, body);
    }

    String name() {
        return definition.path("name").stringValue();
    }

    private static Tool of(ObjectNode definition, Kind kind, Function<Call, Flux<Frame>> body) {
        List<HeaderParameter> headers = new ArrayList<>();
        collect(definition.path("inputSchema"), List.of(), headers);
        return new Tool(definition, List.copyOf(headers), kind, body);
    }

    private static void collect(JsonNode schema, List<String> path, List<HeaderParameter> headers) {
        schema.path("properties").properties().forEach(property -> {
            List<String> here = new ArrayList<>(path);
            here.add(property.getKey());
            String header = property.getValue().path("x-mcp-header").asString("");
            if (!header.isEmpty()) {
                headers.add(new HeaderParameter("mcp-param-" + header, List.copyOf(here)));
            }
            collect(property.getValue(), here, headers);
        });
    }
}
