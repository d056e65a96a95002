package io.headgate.gateway.demo;

import tools.jackson.databind.node.ObjectNode;

/** How the server introduces itself. */
record ServerInfo(String name) {
    static final String INSTRUCTIONS = "A reference server: echo, sleep, work, fail, big, chatty and append for tests, "
            + "and everything that the conformance suite calls.";

    ObjectNode json() {
        String version = DemoServer.class.getPackage().getImplementationVersion();
        return Json.object()
                .put("name", name)
                .put("title", "Headgate reference server")
                .put("version", version == null ? "0" : version);
    }
}
