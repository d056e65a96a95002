/** The audit log on the command line, and its follower that sends the records elsewhere. */
@NullMarked
package io.headgate.gateway.audit;

import org.jspecify.annotations.NullMarked;
