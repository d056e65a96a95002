package io.headgate.filter.audit.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Set;

/** The private key of checkpoints: made on the first start, readable by its owner alone. */
public final class SigningKey {
    private static final String PEM = "PRIVATE KEY";
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final PrivateKey key;
    private final VerifyingKey verifying;

    private SigningKey(PrivateKey key, VerifyingKey verifying) {
        this.key = key;
        this.verifying = verifying;
    }

    /** The key of the directory; both files are made if there is none. */
    public static SigningKey in(Path directory) throws IOException {
        Path file = directory.resolve(AuditFiles.PRIVATE_KEY);
        Path publicFile = directory.resolve(AuditFiles.PUBLIC_KEY);
        try {
            if (Files.notExists(file)) {
                KeyPair pair =
                        KeyPairGenerator.getInstance(VerifyingKey.ALGORITHM).generateKeyPair();
                write(publicFile, VerifyingKey.PEM, pair.getPublic().getEncoded(), "rw-r--r--");
                write(file, PEM, pair.getPrivate().getEncoded(), "rw-------");
            }
            if (!OWNER_ONLY.containsAll(Files.getPosixFilePermissions(file))) {
                throw new IOException(file + ": others can read it (expected: mode 0600)");
            }
            PrivateKey key = KeyFactory.getInstance(VerifyingKey.ALGORITHM)
                    .generatePrivate(new PKCS8EncodedKeySpec(VerifyingKey.pem(file, PEM)));
            SigningKey signing = new SigningKey(key, VerifyingKey.of(publicFile));
            signing.prove(publicFile);
            return signing;
        } catch (GeneralSecurityException wrong) {
            throw new IOException(file + ": no Ed25519 key (expected: PKCS#8 in PEM)", wrong);
        }
    }

    public String id() {
        return verifying.id();
    }

    public VerifyingKey verifying() {
        return verifying;
    }

    public Checkpoint checkpoint(String node, long seq, String hash, String root, String time) {
        return Checkpoint.sign(node, seq, hash, root, time, this);
    }

    String sign(byte[] text) {
        try {
            Signature signature = Signature.getInstance(VerifyingKey.ALGORITHM);
            signature.initSign(key);
            signature.update(text);
            return Base64.getEncoder().encodeToString(signature.sign());
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void prove(Path publicFile) throws IOException {
        if (!verifying.accepts(checkpoint("", 0, "", "", ""))) {
            throw new IOException(publicFile + ": not the public half of the key beside it");
        }
    }

    /** Whole or not at all: a key that was half written would end the log. */
    private static void write(Path file, String what, byte[] encoded, String mode) throws IOException {
        String text = "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded) + "\n-----END " + what
                + "-----\n";
        Path half = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(half);
        Path made = Files.createFile(half, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)));
        Files.write(made, text.getBytes(StandardCharsets.US_ASCII));
        Files.move(made, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
