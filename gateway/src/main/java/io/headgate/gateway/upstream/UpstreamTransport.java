package io.headgate.gateway.upstream;

/** How messages travel to a server and back. */
public enum UpstreamTransport {
    /** Streamable HTTP: each answer comes with its own request. */
    HTTP("streamable-http"),
    /** HTTP+SSE of 2024-11-05: one event stream carries everything back. */
    SSE("sse");

    private final String label;

    UpstreamTransport(String label) {
        this.label = label;
    }

    /** Its name for people, as the file has it. */
    public String label() {
        return label;
    }
}
