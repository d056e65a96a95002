/** What tests of all modules share: waiting, certificates, raw clients and scripted servers; nothing here knows the gateway. */
@NullMarked
package io.headgate.testkit;

import org.jspecify.annotations.NullMarked;
