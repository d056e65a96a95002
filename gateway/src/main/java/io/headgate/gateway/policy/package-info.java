/** Which filters an exchange meets: binds the chain when the file is read. */
@NullMarked
package io.headgate.gateway.policy;

import org.jspecify.annotations.NullMarked;
