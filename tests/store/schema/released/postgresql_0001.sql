CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.amazon_claims (
    id uuid NOT NULL,
    claim_id character varying(255) NOT NULL,
    user_id uuid NOT NULL,
    order_id character varying(255),
    amount numeric(10,2) NOT NULL,
    currency character varying(10) DEFAULT 'USD'::character varying,
    status character varying(50),
    type character varying(100),
    description text,
    created_at timestamp without time zone,
    synced_at timestamp without time zone DEFAULT now(),
    is_mock boolean DEFAULT false,
    mock_scenario character varying(100)
);
CREATE TABLE public.amazon_inventory (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    sku character varying(255) NOT NULL,
    asin character varying(255),
    fnsku character varying(255),
    product_name character varying(500),
    quantity_available integer DEFAULT 0,
    quantity_reserved integer DEFAULT 0,
    quantity_inbound integer DEFAULT 0,
    quantity_total integer DEFAULT 0,
    condition character varying(50),
    warehouse_location character varying(255),
    synced_at timestamp without time zone DEFAULT now(),
    is_mock boolean DEFAULT false,
    mock_scenario character varying(100)
);
CREATE TABLE public.amazon_order_items (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    order_id character varying(255) NOT NULL,
    order_item_id character varying(255),
    line_number integer NOT NULL,
    sku character varying(255),
    asin character varying(255),
    title text,
    quantity_ordered integer,
    quantity_shipped integer,
    price numeric(12,2),
    currency character varying(10),
    is_mock boolean DEFAULT false,
    synced_at timestamp without time zone DEFAULT now()
);
CREATE TABLE public.amazon_orders (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    order_id character varying(255) NOT NULL,
    purchase_date timestamp without time zone,
    last_update_date timestamp without time zone,
    status character varying(50),
    fulfillment_channel character varying(50),
    sales_channel character varying(255),
    marketplace_id character varying(50),
    total_amount numeric(12,2),
    currency character varying(10),
    items_ordered integer,
    items_shipped integer,
    is_mock boolean DEFAULT false,
    mock_scenario character varying(100),
    synced_at timestamp without time zone DEFAULT now()
);
CREATE TABLE public.financial_events (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    event_key character varying(64) NOT NULL,
    event_list character varying(100) NOT NULL,
    event_type character varying(255),
    posted_at timestamp without time zone,
    order_id character varying(255),
    amount numeric(12,2),
    currency character varying(10),
    claim_id character varying(255),
    payload jsonb,
    is_mock boolean DEFAULT false,
    synced_at timestamp without time zone DEFAULT now()
);
CREATE TABLE public.rate_buckets (
    user_id uuid NOT NULL,
    base_url character varying(255) NOT NULL,
    operation character varying(100) NOT NULL,
    level double precision NOT NULL,
    rate double precision NOT NULL,
    measured_at double precision NOT NULL
);
CREATE TABLE public.row_origins (
    user_id uuid NOT NULL,
    dataset character varying(20) NOT NULL,
    sync_id character varying(255) NOT NULL,
    row_key character varying(255) NOT NULL,
    created_at timestamp without time zone DEFAULT now()
);
CREATE TABLE public.seller_accounts (
    user_id uuid NOT NULL,
    external_user_id character varying(255) NOT NULL,
    display_name character varying(255) NOT NULL,
    seller_id character varying(100),
    marketplace_id character varying(50) NOT NULL,
    region character varying(10) NOT NULL,
    mode character varying(20) NOT NULL,
    credential_status character varying(50) NOT NULL,
    created_at timestamp without time zone DEFAULT now(),
    updated_at timestamp without time zone DEFAULT now()
);
CREATE TABLE public.sync_checkpoints (
    user_id uuid NOT NULL,
    dataset character varying(20) NOT NULL,
    "window" character varying(255) NOT NULL,
    state jsonb NOT NULL,
    updated_at timestamp without time zone DEFAULT now()
);
CREATE TABLE public.sync_events (
    id integer NOT NULL,
    user_id uuid NOT NULL,
    sync_id character varying(255) NOT NULL,
    kind character varying(50) NOT NULL,
    message text NOT NULL,
    detail jsonb,
    created_at timestamp without time zone DEFAULT now()
);
CREATE SEQUENCE public.sync_events_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.sync_events_id_seq OWNED BY public.sync_events.id;
CREATE TABLE public.sync_progress (
    id uuid NOT NULL,
    sync_id character varying(255) NOT NULL,
    user_id uuid NOT NULL,
    status character varying(50) NOT NULL,
    progress integer DEFAULT 0,
    current_step text,
    step integer DEFAULT 0,
    total_steps integer DEFAULT 5,
    metadata jsonb,
    created_at timestamp without time zone DEFAULT now(),
    updated_at timestamp without time zone DEFAULT now()
);
ALTER TABLE ONLY public.sync_events ALTER COLUMN id SET DEFAULT nextval('public.sync_events_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.amazon_claims VALUES ('fa5b15ea-7744-582a-af3c-f72eb7468e83', 'RMB-0000000000000001', 'cc39d84f-9b85-435e-a37e-c03e7da629c6', '902-0000001-0000001', 12.10, 'USD', 'approved', 'refund', 'Refund number 1', '2026-09-01 00:01:00', '2026-11-01 08:19:21.488', true, 'normal_week');
INSERT INTO public.amazon_claims VALUES ('244cc118-380b-53a1-abeb-a0797553634f', 'RMB-0000000000000002', 'cc39d84f-9b85-435e-a37e-c03e7da629c6', '902-0000002-0000001', -0.01, 'USD', 'approved', 'refund', 'Refund number 2', NULL, '2026-11-01 08:19:21.488', true, 'normal_week');
INSERT INTO public.amazon_inventory VALUES ('72ff10bb-60b8-5be2-a5ce-fc6c561bb66b', 'cc39d84f-9b85-435e-a37e-c03e7da629c6', 'SKU-00001', 'B000000001', 'X000000001', 'Lamp number 1', 1, 1, 2, 4, 'NewItem', NULL, '2026-11-01 08:19:21.494', true, 'normal_week');
INSERT INTO public.amazon_order_items VALUES ('055a0513-0f63-511e-ad71-15e7c0bebf47', 'cc39d84f-9b85-435e-a37e-c03e7da629c6', '902-0000001-0000001', 'item-1', 1, 'SKU-00001', 'B000000001', 'Lamp in size 1', 1, 1, 6.05, 'USD', true, '2026-11-01 08:19:21.498');
INSERT INTO public.amazon_order_items VALUES ('462f54c3-a640-5b6d-a625-8ce762c52ff1', 'cc39d84f-9b85-435e-a37e-c03e7da629c6', '902-0000001-0000001', 'item-2', 2, 'SKU-00002', 'B000000001', 'Lamp in size 2', 1, 1, 6.05, 'USD', true, '2026-11-01 08:19:21.498');
INSERT INTO public.amazon_orders VALUES ('ac5fa508-4970-5285-ac5a-146d0be2fdb8', 'cc39d84f-9b85-435e-a37e-c03e7da629c6', '902-0000001-0000001', '2026-09-01 00:01:00', '2026-09-02 00:00:00', 'Shipped', 'FBA', 'Amazon.com', 'ATVPDKIKX0DER', 12.10, 'USD', 2, 2, true, 'normal_week', '2026-11-01 08:19:21.498');
INSERT INTO public.amazon_orders VALUES ('5018dbca-0c78-5387-abe4-f21d48566475', 'cc39d84f-9b85-435e-a37e-c03e7da629c6', '902-0000002-0000001', '2026-09-01 00:02:00', '2026-09-02 00:00:00', 'Shipped', 'FBA', 'Amazon.com', 'ATVPDKIKX0DER', NULL, 'USD', 0, 0, true, 'normal_week', '2026-11-01 08:19:21.498');
INSERT INTO public.financial_events VALUES ('8767fdc9-d91b-5ed5-a69b-cc1f41a000dc', 'cc39d84f-9b85-435e-a37e-c03e7da629c6', '0000000000000000000000000000000000000000000000000000000000000001', 'RefundEventList', 'Refund', '2026-09-01 00:01:00', '902-0000001-0000001', 12.10, 'USD', 'RMB-0000000000000001', '{"Name": "Größe", "Amount": 12.10}', true, '2026-11-01 08:19:21.488');
INSERT INTO public.rate_buckets VALUES ('cc39d84f-9b85-435e-a37e-c03e7da629c6', 'https://sellingpartnerapi-na.amazon.com', 'getOrders', 3.5, 0.0167, 1795420800.125);
INSERT INTO public.row_origins VALUES ('cc39d84f-9b85-435e-a37e-c03e7da629c6', 'claims', 'sync_acme_1795421961483', 'RMB-0000000000000001', '2026-11-01 08:19:21.488');
INSERT INTO public.row_origins VALUES ('cc39d84f-9b85-435e-a37e-c03e7da629c6', 'claims', 'sync_acme_1795421961483', 'RMB-0000000000000002', '2026-11-01 08:19:21.488');
INSERT INTO public.row_origins VALUES ('cc39d84f-9b85-435e-a37e-c03e7da629c6', 'inventory', 'sync_acme_1795421961483', 'SKU-00001', '2026-11-01 08:19:21.494');
INSERT INTO public.row_origins VALUES ('cc39d84f-9b85-435e-a37e-c03e7da629c6', 'orders', 'sync_acme_1795421961483', '902-0000001-0000001', '2026-11-01 08:19:21.498');
INSERT INTO public.row_origins VALUES ('cc39d84f-9b85-435e-a37e-c03e7da629c6', 'orders', 'sync_acme_1795421961483', '902-0000002-0000001', '2026-11-01 08:19:21.498');
INSERT INTO public.seller_accounts VALUES ('cc39d84f-9b85-435e-a37e-c03e7da629c6', 'acme', 'Acme', NULL, 'ATVPDKIKX0DER', 'NA', 'production', 'disconnected', '2026-11-01 08:19:21.476', '2026-11-01 08:19:21.476');
INSERT INTO public.sync_checkpoints VALUES ('cc39d84f-9b85-435e-a37e-c03e7da629c6', 'inventory', 'scan', '{"share": 0.10, "token": "t"}', '2026-11-01 08:19:21.494');
INSERT INTO public.sync_events VALUES (1, 'cc39d84f-9b85-435e-a37e-c03e7da629c6', 'sync_acme_1795421961483', 'connected', 'Connected to Amazon.', '{"marketplaces": 2}', '2026-11-01 08:19:21.503');
INSERT INTO public.sync_progress VALUES ('0d1961e6-7ab4-4e13-84cd-346c5e59189e', 'sync_acme_1795421961483', 'cc39d84f-9b85-435e-a37e-c03e7da629c6', 'completed', 100, 'Done.', 5, 5, '{"error": null, "owner": {"pid": 4711, "host": "here", "instance": "1795420000.25"}, "isMock": true, "window": {"since": null}, "results": {"claims": {"count": 2, "error": null, "status": "pending", "skipped": 0, "errorCode": null}, "orders": {"count": 2, "error": null, "status": "pending", "skipped": 0, "errorCode": null}, "inventory": {"count": 1, "error": null, "status": "pending", "skipped": 0, "errorCode": null}}, "trigger": "manual", "errorCode": null, "startedAt": "2026-11-01T08:19:21.483Z", "waitUntil": null, "appVersion": "0.1.0", "requestIds": [], "completedAt": "2026-11-01T08:19:21.503Z", "totalOrders": null, "mockScenario": "normal_week", "claimsDetected": 2, "externalUserId": "acme", "inventoryCount": 1, "ordersProcessed": 2, "estimatedCompletion": null}', '2026-11-01 08:19:21.483', '2026-11-01 08:19:21.504');
INSERT INTO public.sync_progress VALUES ('858ccb7f-bd97-46ad-b062-464ed363d2f7', 'sync_other_1795421961504', 'f9e5dda1-6949-4651-a183-c79c20557203', 'running', 0, 'Connecting to Amazon…', 0, 5, '{"owner": {"pid": 4711, "host": "here", "instance": "1795420000.25"}, "isMock": true, "window": {"since": null}, "results": {"claims": {"count": 0, "error": null, "status": "pending", "skipped": 0, "errorCode": null}, "orders": {"count": 0, "error": null, "status": "pending", "skipped": 0, "errorCode": null}, "inventory": {"count": 0, "error": null, "status": "pending", "skipped": 0, "errorCode": null}}, "trigger": "manual", "startedAt": "2026-11-01T08:19:21.504Z", "appVersion": "0.1.0", "mockScenario": "normal_week", "claimsDetected": 0, "externalUserId": "other", "inventoryCount": 0, "ordersProcessed": 0}', '2026-11-01 08:19:21.504', '2026-11-01 08:19:21.504');
SELECT pg_catalog.setval('public.sync_events_id_seq', 1, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.amazon_claims
    ADD CONSTRAINT amazon_claims_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.amazon_claims
    ADD CONSTRAINT amazon_claims_user_id_claim_id_key UNIQUE (user_id, claim_id);
ALTER TABLE ONLY public.amazon_inventory
    ADD CONSTRAINT amazon_inventory_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.amazon_inventory
    ADD CONSTRAINT amazon_inventory_user_id_sku_key UNIQUE (user_id, sku);
ALTER TABLE ONLY public.amazon_order_items
    ADD CONSTRAINT amazon_order_items_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.amazon_order_items
    ADD CONSTRAINT amazon_order_items_user_id_order_id_line_number_key UNIQUE (user_id, order_id, line_number);
ALTER TABLE ONLY public.amazon_orders
    ADD CONSTRAINT amazon_orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.amazon_orders
    ADD CONSTRAINT amazon_orders_user_id_order_id_key UNIQUE (user_id, order_id);
ALTER TABLE ONLY public.financial_events
    ADD CONSTRAINT financial_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.financial_events
    ADD CONSTRAINT financial_events_user_id_event_key_key UNIQUE (user_id, event_key);
ALTER TABLE ONLY public.rate_buckets
    ADD CONSTRAINT rate_buckets_pkey PRIMARY KEY (user_id, base_url, operation);
ALTER TABLE ONLY public.row_origins
    ADD CONSTRAINT row_origins_pkey PRIMARY KEY (user_id, dataset, sync_id, row_key);
ALTER TABLE ONLY public.seller_accounts
    ADD CONSTRAINT seller_accounts_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.sync_checkpoints
    ADD CONSTRAINT sync_checkpoints_pkey PRIMARY KEY (user_id, dataset, "window");
ALTER TABLE ONLY public.sync_events
    ADD CONSTRAINT sync_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sync_progress
    ADD CONSTRAINT sync_progress_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sync_progress
    ADD CONSTRAINT sync_progress_user_id_sync_id_key UNIQUE (user_id, sync_id);
CREATE INDEX ix_amazon_claims_user_created ON public.amazon_claims USING btree (user_id, created_at DESC NULLS LAST, id DESC);
CREATE INDEX ix_amazon_claims_user_order ON public.amazon_claims USING btree (user_id, order_id);
CREATE INDEX ix_amazon_orders_user_purchase ON public.amazon_orders USING btree (user_id, purchase_date DESC NULLS LAST, id DESC);
CREATE INDEX ix_financial_events_user_claim ON public.financial_events USING btree (user_id, claim_id);
CREATE INDEX ix_sync_events_user_sync ON public.sync_events USING btree (user_id, sync_id);
CREATE INDEX ix_sync_progress_user_created ON public.sync_progress USING btree (user_id, created_at);
CREATE UNIQUE INDEX uq_sync_progress_running ON public.sync_progress USING btree (user_id) WHERE ((status)::text = 'running'::text);
