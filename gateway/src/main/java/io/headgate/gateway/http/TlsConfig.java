package io.headgate.gateway.http;

import java.nio.file.Path;

/** Where the certificate chain and its private key are, both PEM; they are read again when they change. */
public record TlsConfig(Path certificate, Path key) {}
