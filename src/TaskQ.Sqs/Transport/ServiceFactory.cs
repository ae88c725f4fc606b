using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;

namespace TaskQ.Sqs.Transport;

/// <summary>Makes the SDK's client from the options; what they leave out is found as every AWS SDK finds it.</summary>
internal static class ServiceFactory
{
    public static SqsServiceClient Create(SqsOptions options)
    {
        SqsClientConfig config = Configure(options);
        return options.Credentials is { } credentials ? new SqsServiceClient(credentials, config) : new SqsServiceClient(config);
    }

    private static SqsClientConfig Configure(SqsOptions options)
    {
        var config = new SqsClientConfig { Timeout = options.RequestTimeout };
        if (options.Profile is { } profile)
        {
            config.Profile = new Profile(profile);
        }

        string? region = options.Region ?? OfProfile(options.Profile) ?? OfEnvironment(config, options.Endpoint is not null);
        // After the region: setting or reading one clears the URL.
        string? url = options.Endpoint?.AbsoluteUri ?? config.ServiceURL;
        if (url is not null)
        {
            config.ServiceURL = url;
            config.AuthenticationRegion = region ?? RegionEndpoint.USEast1.SystemName;
        }
        else if (region is not null)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }
        else
        {
            throw new SqsException("No AWS region is configured: set SqsOptions.Region, AWS_REGION, or a region in the profile.")
            {
                Kind = SqsErrorKind.InvalidRequest,
                IsSenderFault = true,
            };
        }

        return config;
    }

    // What the SDK does for AWS_PROFILE alone: the variable before the file.
    private static string? OfProfile(string? name) =>
        name is not null && new CredentialProfileStoreChain().TryGetProfile(name, out CredentialProfile profile)
            ? Environment.GetEnvironmentVariable("AWS_REGION") ?? profile.Region?.SystemName
            : null;

    // The machine's metadata service, which takes seconds to not answer, is asked only if the region gives the endpoint.
    private static string? OfEnvironment(SqsClientConfig config, bool hasEndpoint) => hasEndpoint
        ? FallbackRegionFactory.GetRegionEndpoint(includeInstanceMetadata: false)?.SystemName
        : config.RegionEndpoint?.SystemName;
}
