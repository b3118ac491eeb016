namespace Messaging.TestSupport;

/// <summary>What a machine may not have, and a test cannot do without.</summary>
public static class Needed
{
    /// <summary>
    /// Set by <c>./dev test</c>, which installs all of it: there nothing may be skipped for want of anything.
    /// </summary>
    public const string Everything = "MESSAGING_TEST_EVERYTHING";

    // xunit.v3's word for a test that is skipped, whoever throws it (Xunit.v3.DynamicSkipToken).
    private const string Skip = "$XunitDynamicSkip$";

    /// <summary>
    /// Goes on where it is there; otherwise the test is skipped with the reason, or fails with it under <c>./dev
    /// test</c>.
    /// </summary>
    /// <remarks>To be called by the test itself: a fixture that throws fails all its tests.</remarks>
    public static void OrSkip(bool isThere, string reason)
    {
        if (isThere)
            return;
        throw new InvalidOperationException(
            Environment.GetEnvironmentVariable(Everything) == "1" ? reason : Skip + reason);
    }
}
