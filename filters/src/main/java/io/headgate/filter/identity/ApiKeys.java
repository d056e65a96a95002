package io.headgate.filter.identity;

import io.headgate.filter.FromFile;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who is known by which key.
 *
 * @param keys a caller may have several, so that one can replace the other
 */
@FromFile
public record ApiKeys(List<ApiKey> keys) {
    public ApiKeys {
        if (keys.isEmpty()) {
            throw new IllegalArgumentException(
                    "keys: none (expected: at least one, as in - {caller: alice, key: \"" + KeyHash.FORM + "\"})");
        }
        Map<KeyHash, Integer> hashes = new HashMap<>();
        Map<String, Integer> callers = new HashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            ApiKey key = keys.get(i);
            Integer same = hashes.putIfAbsent(key.hash(), i);
            if (same != null) {
                throw new IllegalArgumentException("keys[" + i + "].key: the key of keys[" + same
                        + "] (expected: a key of its own for each line)");
            }
            Integer first = callers.putIfAbsent(key.caller(), i);
            // Sessions and limits belong to the caller and tenant together, so one caller would be two.
            if (first != null && !keys.get(first).tenant().equals(key.tenant())) {
                throw new IllegalArgumentException(
                        "keys[" + i + "].caller: of another tenant in keys[" + first + "] (expected: the same tenant)");
            }
        }
        keys = List.copyOf(keys);
    }
}
