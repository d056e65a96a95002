package io.headgate.gateway.dialect;

import io.headgate.gateway.dialect.ModernHeaders.Mismatch;
import io.headgate.gateway.route.catalog.HeaderParam;
import io.headgate.mcp.Envelope;
import io.headgate.mcp.Member;
import io.headgate.mcp.RawJson;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rule that {@code Mcp-Param-*} fields say what the arguments say, for tools whose schema names such fields. */
final class ParamHeaders {
    private ParamHeaders() {}

    /**
     * Null if they agree, or the tool names none.
     *
     * @param named what the tool's schema names; empty for an unknown tool
     */
    static @Nullable Mismatch check(HttpCall call, List<HeaderParam> named, Envelope envelope) {
        if (named.isEmpty()) {
            return null;
        }
        RawJson arguments = envelope.get(Member.ARGUMENTS);
        for (HeaderParam param : named) {
            Mismatch mismatch = check(call, param, param.in(arguments));
            if (mismatch != null) {
                return mismatch;
            }
        }
        return null;
    }

    private static @Nullable Mismatch check(HttpCall call, HeaderParam param, @Nullable RawJson argument) {
        List<String> values = call.headers(param.header());
        if (values.size() > 1) {
            return new Mismatch(
                    "duplicate_header", param.header(), "Header mismatch: " + param.header() + " is there twice");
        }
        if (values.isEmpty()) {
            return argument == null
                    ? null
                    : new Mismatch(
                            "missing_header", param.header(), "Header mismatch: " + param.header() + " is missing");
        }
        String value = values.get(0);
        if (ModernHeaders.isSentinel(value)) {
            String decoded = ModernHeaders.decode(value);
            if (decoded == null) {
                return new Mismatch(
                        "bad_base64", param.header(), "Header mismatch: " + param.header() + " is not valid base64");
            }
            value = decoded;
        }
        // A field without its argument says something that the server will never see in the body.
        return argument != null && says(argument, value)
                ? null
                : new Mismatch(
                        "param_mismatch",
                        param.header(),
                        "Header mismatch: " + param.header() + " does not match the body");
    }

    private static boolean says(RawJson argument, String value) {
        if (argument.isString()) {
            return value.equals(argument.string());
        }
        if (!argument.isNumber()) {
            return value.equals(argument.toString());
        }
        if (value.length() > 64) {
            return false;
        }
        try {
            return new BigDecimal(value).compareTo(new BigDecimal(argument.toString())) == 0;
        } catch (NumberFormatException notANumber) {
            return false;
        }
    }
}
