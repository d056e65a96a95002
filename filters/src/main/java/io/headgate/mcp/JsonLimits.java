package io.headgate.mcp;

/** How much JSON one message may be: what a reader may be made to do by the bytes of a stranger. */
public record JsonLimits(int depth, int tokens, int nameBytes, int numberChars) {
    /** For messages of clients. */
    public static final JsonLimits CLIENT = new JsonLimits(64, 200_000, 1024, 64);

    /** For messages of upstreams: lists and results are larger than requests; the byte cap binds first. */
    public static final JsonLimits UPSTREAM = new JsonLimits(128, 4_000_000, 4096, 400);

    public JsonLimits {
        atLeastOne("depth", depth);
        atLeastOne("tokens", tokens);
        atLeastOne("nameBytes", nameBytes);
        atLeastOne("numberChars", numberChars);
    }

    private static void atLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
        }
    }
}
