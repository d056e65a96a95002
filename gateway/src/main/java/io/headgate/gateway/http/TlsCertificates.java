package io.headgate.gateway.http;

import io.headgate.filter.Events;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The certificate that new connections are shown; when its files change, the new ones are taken, or the old ones kept
 * if the new ones are no good.
 */
final class TlsCertificates {
    private static final Logger LOG = LoggerFactory.getLogger(TlsCertificates.class);

    private final TlsConfig config;
    private final Events events;
    private final Disposable polling;
    private volatile SslContext current;
    private String seen;

    TlsCertificates(TlsConfig config, Duration poll, Events events) {
        this.config = config;
        this.events = events;
        seen = stamp();
        try {
            current = context(CertificateFiles.read(config));
        } catch (IOException | GeneralSecurityException e) {
            throw new ListenException(describe(config, e), e);
        }
        // Files block, so they are read beside the event loops.
        Scheduler scheduler = Schedulers.boundedElastic();
        polling = scheduler.schedulePeriodically(this::look, poll.toMillis(), poll.toMillis(), TimeUnit.MILLISECONDS);
    }

    SslContext current() {
        return current;
    }

    void stop() {
        polling.dispose();
    }

    private void look() {
        String now = stamp();
        if (now.equals(seen)) {
            return;
        }
        seen = now;
        try {
            CertificateFiles files = CertificateFiles.read(config);
            current = context(files);
            LOG.info("the certificate {} was read again", config.certificate());
            events.post("key_rotated", Map.of("key", "tls", "certificate_sha256", files.fingerprint()));
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("{}; the old certificate stays", describe(config, e));
            events.post("key_refused", Map.of("key", "tls", "reason", describe(config, e)));
        }
    }

    private static SslContext context(CertificateFiles files) throws SSLException {
        return SslContextBuilder.forServer(files.key(), files.chain())
                .sslProvider(SslProvider.JDK)
                .protocols("TLSv1.3", "TLSv1.2")
                // Those of RFC 9113: a key for each connection, and ciphers that authenticate what they encrypt.
                .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2,
                        ApplicationProtocolNames.HTTP_1_1))
                .build();
    }

    private static String describe(TlsConfig config, Exception e) {
        boolean unread = e instanceof IOException && !(e instanceof SSLException);
        String what = unread ? "cannot be read" : "are no certificate and PKCS#8 key that fit";
        return "tls: " + config.certificate() + " and " + config.key() + " " + what;
    }

    private String stamp() {
        return stamp(config.certificate()) + stamp(config.key());
    }

    private static String stamp(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.lastModifiedTime() + "/" + attributes.size() + "/" + attributes.fileKey() + " ";
        } catch (IOException e) {
            return "missing ";
        }
    }
}
