/** The other end: connections, the upstream's wire in each era, sessions, health. */
@NullMarked
package io.headgate.gateway.upstream;

import org.jspecify.annotations.NullMarked;
