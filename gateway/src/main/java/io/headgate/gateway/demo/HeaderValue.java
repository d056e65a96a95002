package io.headgate.gateway.demo;

import io.netty.handler.codec.http.HttpHeaders;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The value of a header that repeats something of the body. */
final class HeaderValue {
    private static final String PREFIX = "=?base64?";
    private static final String SUFFIX = "?=";

    private HeaderValue() {}

    /** The decoded value, null if the header is absent. */
    static @Nullable String read(HttpHeaders headers, String name) {
        Iterator<String> values = headers.valueStringIterator(name);
        if (!values.hasNext()) {
            return null;
        }
        String value = values.next();
        if (values.hasNext()) {
            throw mismatch(name + " is given more than once");
        }
        return decode(name, value.strip());
    }

    static boolean repeats(String header, JsonNode value) {
        if (value.isNumber()) {
            try {
                return new BigDecimal(header).compareTo(value.decimalValue()) == 0;
            } catch (NumberFormatException notANumber) {
                return false;
            }
        }
        return value.isValueNode() && value.asString().equals(header);
    }

    static RpcFailure mismatch(String reason) {
        return new RpcFailure(400, RpcFailure.HEADER_MISMATCH, "Header mismatch: " + reason);
    }

    private static String decode(String name, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c != '\t' && (c < ' ' || c > '~')) {
                throw mismatch(name + " has characters that need base64");
            }
        }
        if (!value.startsWith(PREFIX)
                || !value.endsWith(SUFFIX)
                || value.length() < PREFIX.length() + SUFFIX.length()) {
            return value;
        }
        String encoded = value.substring(PREFIX.length(), value.length() - SUFFIX.length());
        try {
            // The decoder accepts missing padding, the protocol does not.
            if (encoded.length() % 4 != 0) {
                throw mismatch(name + " is not valid base64");
            }
            byte[] utf8 = Base64.getDecoder().decode(encoded);
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (IllegalArgumentException | CharacterCodingException invalid) {
            throw mismatch(name + " is not valid base64 of UTF-8");
        }
    }
}
