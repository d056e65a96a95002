package io.headgate.gateway.seal;

import io.headgate.mcp.RawJson;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import org.jspecify.annotations.Nullable;

/**
 * Gives clients something to keep that only the gateway can read, and only what it gave them.
 *
 * <p>AES-GCM over {expiry, digest of the binding, payload}; the layout's version, the key's id and the kind are
 * authenticated with it. The binding is inside and not among the authenticated data, so that a state of another caller
 * can be told from a forged one. Nonces are random: a key is good for 2^32 seals.
 */
public final class Seal {
    /** What is sealed; one kind never opens as another. */
    public enum Kind {
        CURSOR(1),
        REQUEST_STATE(2),
        TASK(3),
        /** A call that waits here for its client's answers. */
        PARKED_CALL(4),
        /** Pages that a client's user must have been to before a call is made again. */
        CONSENT(5);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }
    }

    /** Why something does not open; stackless, because strangers cause it. */
    public static final class Broken extends Exception {
        /** The closed set of reasons. */
        public enum Reason {
            FORGED,
            EXPIRED,
            OTHER_BINDING
        }

        private final Reason reason;

        Broken(Reason reason) {
            super(reason.name(), null, false, false);
            this.reason = reason;
        }

        public Reason reason() {
            return reason;
        }
    }

    /** What a sealed thing belongs to: caller, endpoint, target, arguments; only a digest of it is kept. */
    public static final class Binding {
        private final MessageDigest digest = sha256();

        public Binding add(String text) {
            return add(text.getBytes(StandardCharsets.UTF_8), 0, -1);
        }

        /** The bytes of a value, or its absence. */
        public Binding add(@Nullable RawJson json) {
            return json == null ? add(new byte[0], 0, -1) : add(json.array(), json.start(), json.length());
        }

        private Binding add(byte[] bytes, int offset, int length) {
            int size = length < 0 ? bytes.length : length;
            // With its length first, so that no two lists of parts are the same bytes.
            digest.update(ByteBuffer.allocate(4).putInt(size).array());
            digest.update(bytes, offset, size);
            return this;
        }

        private byte[] toBytes() {
            return digest.digest();
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }

    private static final byte LAYOUT = 1;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final int HEAD_BYTES = 1 + 4 + NONCE_BYTES;
    private static final int BINDING_BYTES = 32;
    private static final int INNER_BYTES = 8 + BINDING_BYTES;
    private static final int LEAST_BYTES = HEAD_BYTES + INNER_BYTES + TAG_BITS / 8;
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

    /** A cipher is slow to make and not safe to share. */
    private static final ThreadLocal<Cipher> CIPHER = ThreadLocal.withInitial(Seal::newCipher);

    private final InstantSource clock;
    private volatile Ring ring;

    /** The newest key seals, and each opens what it sealed. */
    private record Ring(SealKey newest, Map<Integer, SealKey> keys) {
        static Ring of(List<SealKey> all) {
            if (all.isEmpty()) {
                throw new IllegalArgumentException("seal keys: none (expected: >= 1)");
            }
            Map<Integer, SealKey> keys = new HashMap<>();
            for (SealKey key : all) {
                if (keys.put(key.id(), key) != null) {
                    throw new IllegalArgumentException("seal key id: " + key.id() + " (expected: only once)");
                }
            }
            return new Ring(all.get(0), keys);
        }
    }

    /** The first key seals; all of them open. */
    public Seal(List<SealKey> keys, InstantSource clock) {
        this.clock = clock;
        ring = Ring.of(keys);
    }

    /** From now on the first of these seals; what a key sealed that is none of them does not open any more. */
    public void keys(List<SealKey> keys) {
        ring = Ring.of(keys);
    }

    /** Text that is safe in JSON and in headers. */
    public String seal(Kind kind, Binding binding, byte[] payload, Duration ttl) {
        SealKey newest = ring.newest();
        byte[] nonce = Unguessable.bytes(NONCE_BYTES);
        byte[] plain = ByteBuffer.allocate(INNER_BYTES + payload.length)
                .putLong(clock.millis() + ttl.toMillis())
                .put(binding.toBytes())
                .put(payload)
                .array();
        byte[] sealed = ByteBuffer.allocate(LEAST_BYTES + payload.length)
                .put(LAYOUT)
                .putInt(newest.id())
                .put(nonce)
                .array();
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, newest, kind, sealed);
            cipher.doFinal(plain, 0, plain.length, sealed, HEAD_BYTES);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
        return ENCODER.encodeToString(sealed);
    }

    /** The payload of what {@link #seal} gave for the same kind and binding. */
    public byte[] open(Kind kind, Binding binding, String text) throws Broken {
        byte[] plain = decrypt(kind, decode(text));
        ByteBuffer inner = ByteBuffer.wrap(plain);
        long expiry = inner.getLong();
        byte[] bound = new byte[BINDING_BYTES];
        inner.get(bound);
        if (!MessageDigest.isEqual(bound, binding.toBytes())) {
            throw new Broken(Broken.Reason.OTHER_BINDING);
        }
        if (clock.millis() >= expiry) {
            throw new Broken(Broken.Reason.EXPIRED);
        }
        return Arrays.copyOfRange(plain, INNER_BYTES, plain.length);
    }

    private static byte[] decode(String text) throws Broken {
        byte[] sealed;
        try {
            sealed = DECODER.decode(text);
        } catch (IllegalArgumentException notBase64) {
            throw new Broken(Broken.Reason.FORGED);
        }
        // The decoder takes padding, and ignores the last bits: two spellings of one seal must not both open.
        if (sealed.length < LEAST_BYTES
                || sealed[0] != LAYOUT
                || !ENCODER.encodeToString(sealed).equals(text)) {
            throw new Broken(Broken.Reason.FORGED);
        }
        return sealed;
    }

    private byte[] decrypt(Kind kind, byte[] sealed) throws Broken {
        SealKey key = ring.keys().get(ByteBuffer.wrap(sealed).getInt(1));
        if (key == null) {
            throw new Broken(Broken.Reason.FORGED);
        }
        try {
            return cipher(Cipher.DECRYPT_MODE, key, kind, sealed)
                    .doFinal(sealed, HEAD_BYTES, sealed.length - HEAD_BYTES);
        } catch (GeneralSecurityException forged) {
            throw new Broken(Broken.Reason.FORGED);
        }
    }

    private static Cipher cipher(int mode, SealKey key, Kind kind, byte[] sealed) throws GeneralSecurityException {
        Cipher cipher = CIPHER.get();
        cipher.init(mode, key.secret(), new GCMParameterSpec(TAG_BITS, sealed, HEAD_BYTES - NONCE_BYTES, NONCE_BYTES));
        cipher.updateAAD(sealed, 0, HEAD_BYTES - NONCE_BYTES);
        cipher.updateAAD(new byte[] {kind.code});
        return cipher;
    }

    private static Cipher newCipher() {
        try {
            return Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
