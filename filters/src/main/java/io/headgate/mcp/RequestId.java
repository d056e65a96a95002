package io.headgate.mcp;

/** A JSON-RPC id as the text it came in, {@code 7} or {@code "a-7"}, so that the echo is exact. */
public record RequestId(String json) {
    public static RequestId of(long number) {
        return new RequestId(Long.toString(number));
    }

    @Override
    public String toString() {
        return json;
    }
}
