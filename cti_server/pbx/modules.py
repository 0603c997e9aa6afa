"""The Asterisk modules that a private instance loads: calls, queues, conferences, recording, AMI, AGI, WebRTC.

What a call center has no use for is left out, above all what runs shell commands (`app_system`, `func_shell`).
`res_agi` needs `res_speech`; `res_pjsip_exten_state` needs `res_pjsip_outbound_publish`.
"""

MODULES: tuple[str, ...] = tuple(
    """
    app_attended_transfer app_blind_transfer app_bridgeaddchan app_bridgewait app_cdr app_celgenuserevent app_chanspy
    app_confbridge app_controlplayback app_db app_dial app_directed_pickup app_dumpchan app_echo app_exec app_if
    app_milliwatt app_mixmonitor app_originate app_playback app_playtones app_queue app_read app_record app_sayunixtime
    app_senddtmf app_softhangup app_stack app_stasis app_talkdetect app_transfer app_userevent app_verbose
    app_waitforsilence app_waituntil app_while
    bridge_builtin_features bridge_builtin_interval_features bridge_holding bridge_native_rtp bridge_simple
    bridge_softmix
    cel_custom res_cdrel_custom
    chan_pjsip chan_bridge_media
    codec_a_mu codec_alaw codec_ulaw codec_g722 codec_gsm codec_resample codec_opus_open_source
    format_gsm format_pcm format_sln format_wav
    func_base64 func_callerid func_cdr func_channel func_cut func_db func_devstate func_dialplan func_env func_export
    func_extstate func_global func_groupcount func_hangupcause func_holdintercept func_jitterbuffer func_json func_lock
    func_logic func_math func_md5 func_module func_periodic_hook func_pjsip_aor func_pjsip_contact func_pjsip_endpoint
    func_presencestate func_rand func_sha1 func_sorcery func_sprintf func_strings func_sysinfo func_talkdetect
    func_timeout func_uri func_uuid func_version func_volume
    pbx_config
    res_agi res_ari res_ari_applications res_ari_asterisk res_ari_bridges res_ari_channels res_ari_device_states
    res_ari_endpoints res_ari_events res_ari_model res_ari_playbacks res_ari_recordings res_ari_sounds
    res_clialiases res_convert res_crypto res_format_attr_opus res_geolocation res_http_websocket res_limit
    res_manager_devicestate res_manager_presencestate res_musiconhold res_mutestream res_parking
    res_pjproject res_pjsip res_pjsip_acl res_pjsip_authenticator_digest res_pjsip_caller_id res_pjsip_config_wizard
    res_pjsip_dialog_info_body_generator res_pjsip_diversion res_pjsip_dlg_options res_pjsip_dtmf_info
    res_pjsip_empty_info res_pjsip_endpoint_identifier_anonymous res_pjsip_endpoint_identifier_ip
    res_pjsip_endpoint_identifier_user res_pjsip_exten_state res_pjsip_header_funcs res_pjsip_logger
    res_pjsip_messaging res_pjsip_mwi res_pjsip_mwi_body_generator res_pjsip_nat res_pjsip_notify
    res_pjsip_outbound_authenticator_digest res_pjsip_outbound_publish res_pjsip_outbound_registration res_pjsip_path
    res_pjsip_pidf_body_generator res_pjsip_pubsub res_pjsip_refer res_pjsip_registrar res_pjsip_rfc3326
    res_pjsip_rfc3329 res_pjsip_sdp_rtp res_pjsip_session res_pjsip_sips_contact res_pjsip_transport_websocket
    res_pjsip_xpidf_body_generator
    res_rtp_asterisk res_security_log res_sorcery_astdb res_sorcery_config res_sorcery_memory
    res_sorcery_memory_cache res_speech res_srtp res_stasis res_stasis_answer res_stasis_device_state
    res_stasis_playback res_stasis_recording res_stasis_snoop res_stun_monitor res_timing_timerfd res_timing_pthread
    res_tonedetect res_websocket_client
    """.split()
)

REQUIRED: frozenset[str] = frozenset(
    "app_dial app_exec app_mixmonitor app_queue app_stack app_userevent bridge_simple chan_pjsip codec_ulaw"
    " format_wav pbx_config res_agi res_musiconhold res_pjsip res_rtp_asterisk".split()
)
