using System.Security.Cryptography;

namespace TaskQ.Redis.Add;

/// <summary>
/// Calls of which one is on its way at a time. The store keeps the number of the last one that it carried out, so a call that
/// is sent again, or that comes late, does nothing.
/// </summary>
internal sealed class AddLane
{
    /// <summary>A tenth of the time for which the store keeps a lane.</summary>
    private static readonly TimeSpan KeepPause = TimeSpan.FromMinutes(1);

    private readonly byte[] _id = RandomNumberGenerator.GetBytes(16);
    private long _calls;
    private long _kept;

    /// <summary>A new call.</summary>
    public AddCall NextCall()
    {
        long now = TimeProvider.System.GetTimestamp();
        bool keeps = _calls == 0 || TimeProvider.System.GetElapsedTime(_kept, now) >= KeepPause;
        if (keeps)
        {
            _kept = now;
        }

        return new AddCall(_id, ++_calls, keeps);
    }
}
