package io.headgate.benchmarks.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Calls of {@code append}, each with a text of its own, and what their clients were told. */
final class Appends implements Calls {
    private final BitSet answered = new BitSet();

    /** The client was told that nobody knows whether it was done, or was told nothing. */
    private final BitSet unknown = new BitSet();

    /** The client was told that it was not done. */
    private final BitSet refused = new BitSet();

    private int begun;

    @Override
    public String arguments(long number) {
        begun++;
        return "{\"text\":\"text " + number + "\"}";
    }

    @Override
    public void ended(long number, int status, ByteBuf body) {
        String said = body.toString(US_ASCII);
        BitSet set;
        if (status == 200 && said.contains("\"result\":")) {
            set = answered;
        } else if (status == NO_ANSWER || said.contains("\"delivery\":\"unknown\"")) {
            set = unknown;
        } else {
            set = refused;
        }
        set.set((int) number);
    }

    /** Reads what was executed, when all calls have ended. */
    Map<String, Object> compare(Path ledger) throws IOException {
        Map<String, Integer> executed = executed(ledger);
        BitSet done = new BitSet();
        for (int number = 0; number < begun; number++) {
            if (executed.containsKey(sha256("{\"text\":\"text " + number + "\"}"))) {
                done.set(number);
            }
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("appendCalls", begun);
        result.put("appendExecuted", executed.size());
        result.put(
                "appendTwice",
                executed.values().stream().filter(times -> times > 1).count());
        result.put("appendAnswered", answered.cardinality());
        result.put("appendDeliveryUnknown", unknown.cardinality());
        result.put("appendRefused", refused.cardinality());
        result.put("appendUnknownButExecuted", both(unknown, done));
        BitSet missing = (BitSet) answered.clone();
        missing.andNot(done);
        result.put("appendAnsweredButNotExecuted", missing.cardinality());
        result.put("appendRefusedButExecuted", both(refused, done));
        return result;
    }

    private static int both(BitSet one, BitSet other) {
        BitSet both = (BitSet) one.clone();
        both.and(other);
        return both.cardinality();
    }

    /** How often each text was executed, by the hash of the arguments. */
    private static Map<String, Integer> executed(Path ledger) throws IOException {
        Map<String, Integer> times = new HashMap<>();
        JsonMapper mapper = new JsonMapper();
        try (Stream<String> lines = Files.lines(ledger)) {
            lines.forEach(line -> {
                JsonNode entry = mapper.readTree(line);
                if (entry.path("tool").asString("").equals("append")) {
                    times.merge(entry.path("argumentsSha256").asString(), 1, Integer::sum);
                }
            });
        }
        return times;
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
